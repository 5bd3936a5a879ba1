/**
 * One call of a tool. It is a workflow of its own because an activity ends with the run that started it, and a conversation has to
 * continue as new while an installer runs for hours. A signal tells the conversation of the end, whatever its run.
 */
import {
  CancellationScope,
  ContinueAsNew,
  isCancellation,
  patched,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { SIGNALS } from '../contract/names.ts';
import type { CallEnd } from '../contract/signals.ts';
import type { CallStart, ToolFacts } from '../contract/call.ts';
import type { CallWorkflow, CarriedCall } from './arguments.ts';
import { callStartOf } from './carried.ts';
import { failureOf } from './failure.ts';
import { runLocal } from './local-call.ts';
import { signalConversation } from './signal-conversation.ts';
import { withSlot } from './slot.ts';
import { type RemoteEnd, runRemote, withdraw } from './remote-call.ts';

const { describeTool } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  // It only reads the catalogue: what fails five times will always fail.
  retry: { initialInterval: '100ms', maximumInterval: '1s', maximumAttempts: 5 },
});

/** Patch: in histories from before this change, a cancellation ended the call there. */
const DESCRIBED = 'a call that is cancelled at once is described';

export const call: CallWorkflow = async (given, carried) => {
  const start = callStartOf(given);
  const { end, withdraw: isOpenThere } = await run(start, carried);
  setCurrentDetails(`**${end.type}** ${end.type === 'failed' ? end.error.message : ''}`);
  await CancellationScope.nonCancellable(async () => {
    await reportEnd(start, end);
    if (isOpenThere) await withdraw(start, end);
  });
  return end;
};

async function run(start: CallStart, carried?: CarriedCall): Promise<RemoteEnd> {
  try {
    const facts = carried?.facts ?? (await describe(start));
    return await withSlot(start, facts.slots, async () =>
      facts.kind === 'remote'
        ? runRemote(start, facts, carried)
        : { end: await runLocal(start, facts) },
    );
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    if (isCancellation(error)) return { end: { type: 'cancelled' } };
    return { end: { type: 'failed', error: failureOf(error) } };
  }
}

/**
 * Also for a call that is cancelled meanwhile: it may have begun before its workflow did (docs/decisions/0043-quick-calls.md), and then
 * has a program to stop.
 */
async function describe(start: CallStart): Promise<ToolFacts> {
  const shielded = new CancellationScope({ cancellable: false });
  const described = shielded.run(() => describeTool(start.tool, start));
  try {
    return await Promise.race([described, CancellationScope.current().cancelRequested]);
  } catch (error) {
    if (isCancellation(error) && patched(DESCRIBED)) return described;
    shielded.cancel();
    throw error;
  }
}

async function reportEnd({ conversation, call_id }: CallStart, end: CallEnd): Promise<void> {
  if (await signalConversation(conversation, SIGNALS.callEnded, { call_id, end })) return;
  // Nothing is left to receive the signal. This workflow's result keeps the end.
  setCurrentDetails(`**${end.type}**, after the conversation had closed`);
}
