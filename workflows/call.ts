/**
 * One call of a tool. A workflow of its own, since an activity dies with the run that started it and a conversation has to
 * continue as new while an installer runs for hours. The end is told by a signal to the conversation, whatever its run.
 */
import {
  ActivityCancellationType,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { conversationWorkflowId, SIGNALS } from '../contract/names.ts';
import type { CallEnd, CallEndedSignal } from '../contract/signals.ts';
import type { CallStart } from '../contract/turn.ts';
import { failureOf } from './failure.ts';

const { describeTool } = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s' });

/** The activity ends an overlong tool by itself, with a readable reason; Temporal's limit is the net below. */
const MARGIN_MS = 30_000;

export async function call(start: CallStart): Promise<CallEnd> {
  const end = await run(start);
  setCurrentDetails(`**${end.type}** ${end.type === 'failed' ? end.error.message : ''}`);
  await CancellationScope.nonCancellable(() => tell(start, end));
  return end;
}

async function run(start: CallStart): Promise<CallEnd> {
  try {
    const { timeout_ms } = await describeTool(start.tool);
    const { runTool } = proxyActivities<Activities>({
      startToCloseTimeout: timeout_ms + MARGIN_MS,
      heartbeatTimeout: '5s',
      // The call is over when the tool has really stopped.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      // Only a lost worker leads to another attempt: what a tool throws comes back as a value.
      retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 100 },
    });
    const summary = `${start.tool} ${JSON.stringify(start.input)}`.slice(0, 200);
    return await runTool.executeWithOptions({ summary }, [start]);
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
