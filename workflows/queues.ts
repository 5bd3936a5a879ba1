/** Which task queue an activity of a call goes to: that of its workflow has replies and the log, which wait for no tool. */
import { workflowInfo } from '@temporalio/workflow';
import { errandQueue, toolQueue } from '../contract/names.ts';

export const forTools = () => ({ taskQueue: toolQueue(workflowInfo().taskQueue) });

export const forErrands = () => ({ taskQueue: errandQueue(workflowInfo().taskQueue) });
