/** Gives a call its place among those that may run at once in its tenant. First come, first served. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Slots } from '../../contract/call.ts';
import type { Store } from '../../store/store.ts';
import { withBoundedRetries } from '../bounded-retries.ts';
import { type NoteDependencies, type Noted, showNote, waitingNote } from './show-note.ts';

export interface SlotDependencies extends NoteDependencies {
  store: NoteDependencies['store'] & Pick<Store, 'queueUp' | 'firstInQueue' | 'leaveQueues'>;
  /** False when the call's workflow has ended, for any reason, or does not exist. */
  isCallRunning(tenant: string, callId: string): Promise<boolean>;
}

/**
 * The activity returns when the call has its places. Until then it fails with `NoSlotYet`, to be retried after a while: a waiting
 * call takes no room in the worker, and attempts leave no trace in the history.
 */
export function createTakeSlot(dependencies: SlotDependencies) {
  return (call: Noted, slots: Slots): Promise<void> =>
    withBoundedRetries(() => takeSlot(dependencies, call, slots));
}

async function takeSlot(dependencies: SlotDependencies, call: Noted, slots: Slots): Promise<void> {
  const { store } = dependencies;
  const { tenant } = call.conversation;
  const { attempt } = Context.current().info;
  for (const { queue, limit, what } of queuesOf(call.tool, slots)) {
    const before = await store.queueUp({ tenant, queue, call_id: call.call_id });
    if (before < limit) continue;
    const waiting = before - limit;
    const note = waitingNote(limit, what, waiting);
    await showNote(dependencies, call, note);
    if (attempt % ATTEMPTS_BETWEEN === 0) await removeEnded(dependencies, { tenant, queue }, limit);
    throw ApplicationFailure.create({
      type: 'NoSlotYet',
      message: `It ${note}.`,
      nextRetryDelay: delayUntilNextTry(waiting, limit),
      category: ApplicationFailureCategory.BENIGN,
    });
  }
  if (attempt > 1) await showNote(dependencies, call, undefined);
}

/** The activity gives the places back, even if the call never had them. */
export function createReleaseSlot({ store }: Pick<SlotDependencies, 'store'>) {
  return ({ conversation, call_id }: Noted): Promise<void> =>
    withBoundedRetries(() => store.leaveQueues(conversation.tenant, call_id));
}

/**
 * The next call in line tries every half second; each call before it adds half a second, up to five. A call far back in a long line
 * waits longer: each attempt costs the whole service, and a line moves up by few more than `limit` calls a second, since most calls
 * take a second or longer.
 * @param waiting calls before it
 * @returns milliseconds
 */
export function delayUntilNextTry(waiting: number, limit: number): number {
  const far = Math.min(FAR_DELAY_MS, (waiting / limit) * 1_000);
  return Math.min(DELAY_MS * (waiting + 1), Math.max(LONG_DELAY_MS, far));
}

const DELAY_MS = 500;
const LONG_DELAY_MS = 5_000;
const FAR_DELAY_MS = 60_000;
/** How many attempts apart a waiting call looks for ended holders: 5 s for the next call in line, up to 50 s for a later one. */
const ATTEMPTS_BETWEEN = 10;

/** The same order for every call: one that has a place in the second queue never waits for the first. */
function queuesOf(tool: string, slots: Slots) {
  return [
    { queue: `tool/${tool}`, limit: slots.tool ?? Infinity, what: ` of ${tool}` },
    { queue: 'tenant', limit: slots.tenant ?? Infinity, what: '' },
  ].filter(({ limit }) => limit < Infinity);
}

/** Releases the places of ended workflows, in case no worker settles their calls: a terminated workflow cannot (workflows/settle.ts). */
async function removeEnded(
  { store, isCallRunning }: SlotDependencies,
  { tenant, queue }: { tenant: string; queue: string },
  limit: number,
): Promise<void> {
  for (const callId of await store.firstInQueue({ tenant, queue }, limit)) {
    if (!(await isCallRunning(tenant, callId))) await store.leaveQueues(tenant, callId);
  }
}
