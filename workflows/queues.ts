/** Task queues for the activities of a call. The workflow's own queue is for replies and the log, which must not wait for tools. */
import { workflowInfo } from '@temporalio/workflow';
import { errandQueue, toolQueue } from '../contract/names.ts';

export const forTools = () => ({ taskQueue: toolQueue(workflowInfo().taskQueue) });

export const forErrands = () => ({ taskQueue: errandQueue(workflowInfo().taskQueue) });
