/**
 * One call of a tool. A workflow of its own, since an activity dies with the run that started it and a conversation has to
 * continue as new while an installer runs for hours. The end is told by a signal to the conversation, whatever its run.
 */
import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { conversationWorkflowId, SIGNALS } from '../contract/names.ts';
import type { CallEnd, CallEndedSignal } from '../contract/signals.ts';
import type { CallStart } from '../contract/turn.ts';
import { failureOf } from './failure.ts';
import { runLocal } from './local-call.ts';

const { describeTool } = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s' });

export async function call(start: CallStart): Promise<CallEnd> {
  const end = await run(start);
  setCurrentDetails(`**${end.type}** ${end.type === 'failed' ? end.error.message : ''}`);
  await CancellationScope.nonCancellable(() => tell(start, end));
  return end;
}

async function run(start: CallStart): Promise<CallEnd> {
  try {
    const facts = await describeTool(start.tool);
    if (facts.kind === 'remote')
      throw new Error('Remote tools come with workflows/remote-call.ts.');
    return await runLocal(start, facts);
  } catch (error) {
    if (isCancellation(error)) return { type: 'cancelled' };
    return { type: 'failed', error: failureOf(error) };
  }
}

async function tell({ conversation, call_id }: CallStart, end: CallEnd): Promise<void> {
  try {
    const handle = getExternalWorkflowHandle(conversationWorkflowId(conversation));
    await handle.signal<[CallEndedSignal]>(SIGNALS.callEnded, { call_id, end });
  } catch {
    // The conversation has closed: nobody is left to hear it, and this workflow's result has it.
    setCurrentDetails(`**${end.type}**, after the conversation had closed`);
  }
}
