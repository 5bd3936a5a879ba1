/**
 * Makes calls of a client that has its own model at once, where that is possible. The client gets its answer first; a moment later
 * the conversation gets a signal about several calls together.
 */
import { LRUCache } from 'lru-cache';
import type { ConversationKey } from '../contract/names.ts';
import type { QuickCall, QuickOutcome, QuickRunner } from '../contract/quick.ts';
import type { ApiDependencies } from './dependencies.ts';
import { nameOf } from './external-conversation.ts';
import { createRecorder } from './record-calls.ts';

export interface QuickCalls {
  /**
   * @param asking.isGone whether the client has hung up, and so did not get the result
   * @param asking.mayBegin called for the first call of a conversation; throws if no conversation may begin
   * @returns `not_quick` if the call has to be requested like any other; `goes_on` once its conversation has taken it over
   */
  run(quick: QuickCall, asking: AskingCaller): Promise<QuickOutcome>;
  /**
   * The call is about to be cancelled. If it is under way, its conversation takes it over; if it has not begun, it begins in its workflow.
   * @returns `over` if it has ended, and its conversation is about to hear of that
   */
  giveUp(conversation: ConversationKey, call_id: string): Promise<'over' | 'not_over'>;
  /** Call when another call of this conversation has been requested: the number of open calls is then no longer known. */
  forget(conversation: ConversationKey): void;
  /** Reports to the conversations all calls that are not reported yet. */
  close(): Promise<void>;
}

export interface AskingCaller {
  isGone(this: void): boolean;
  mayBegin(this: void): Promise<void>;
}

type Dependencies = Pick<
  ApiDependencies,
  'store' | 'gateway' | 'limits' | 'pushesTo' | 'logger' | 'collect_ms'
>;

export function createQuickCalls(
  runner: QuickRunner,
  dependencies: Dependencies,
  closing: AbortSignal,
): QuickCalls {
  const { store, limits } = dependencies;
  const recorder = createRecorder(runner, dependencies);
  /** By conversation, then by call. */
  const inFlight = new Map<string, Map<string, Running>>();
  const givenUp = new LRUCache<string, true>({ max: MOST_KNOWN });
  /** Conversations that had no open call when they were looked at. */
  const idle = new Set<string>();
  void recorder.recover();

  async function run(quick: QuickCall, { isGone, mayBegin }: AskingCaller): Promise<QuickOutcome> {
    const { conversation, call } = quick;
    const name = nameOf(conversation);
    const others = inFlight.get(name) ?? new Map<string, Running>();
    const same = others.get(call.call_id);
    if (same) return same.outcome;
    if (call.approval) return { type: 'not_quick' };
    // R10: whether the call is a duplicate is known once the others have ended, or have a workflow.
    if (call.duplicates) await Promise.all([...others.values()].map(({ outcome }) => outcome));
    const alone = call.duplicates !== undefined;
    if (!(await hasRoom(conversation, { name, begun: others.size, alone, mayBegin }))) {
      return { type: 'not_quick' };
    }
    if (givenUp.has(callNameOf(conversation, call.call_id))) return { type: 'not_quick' };
    const givingUp = new AbortController();
    const stop = AbortSignal.any([closing, givingUp.signal]);
    const running = { outcome: perform(quick, isGone, stop), giveUp: () => givingUp.abort() };
    inFlight.set(name, others.set(call.call_id, running));
    try {
      return await running.outcome;
    } finally {
      others.delete(call.call_id);
      if (others.size === 0) inFlight.delete(name);
    }
  }

  async function perform(
    quick: QuickCall,
    isGone: () => boolean,
    stop: AbortSignal,
  ): Promise<QuickOutcome> {
    const outcome = await runner.run(quick, { grace_ms: limits.grace_ms, stop });
    switch (outcome.type) {
      case 'ended':
        // Checked now: a request that has been answered counts as gone, too.
        if (!outcome.isRepeat) recorder.add({ quick, end: outcome.end, isSent: !isGone() });
        break;
      case 'goes_on':
        idle.delete(nameOf(quick.conversation));
        await recorder.handOver(quick);
        break;
      case 'not_quick':
        break;
    }
    return outcome;
  }

  /**
   * R9. A closed conversation has no room.
   * @param options.alone no other call may be open
   * @throws what `mayBegin` throws
   */
  async function hasRoom(
    conversation: ConversationKey,
    {
      name,
      begun,
      alone,
      mayBegin,
    }: { name: string; begun: number; alone: boolean; mayBegin: AskingCaller['mayBegin'] },
  ): Promise<boolean> {
    if (begun >= limits.max_running) return false;
    if (idle.has(name)) return true;
    const head = await store.conversation(conversation);
    if (head?.status === 'closed') return false;
    if (!head) await mayBegin();
    const open = head?.calls.filter(({ ended_at }) => ended_at === undefined).length ?? 0;
    if (open === 0) {
      if (idle.size >= MOST_KNOWN) idle.clear();
      idle.add(name);
    }
    return open === 0 || (!alone && open + begun < limits.max_running);
  }

  async function giveUp(
    conversation: ConversationKey,
    call_id: string,
  ): Promise<'over' | 'not_over'> {
    givenUp.set(callNameOf(conversation, call_id), true);
    const running = inFlight.get(nameOf(conversation))?.get(call_id);
    running?.giveUp();
    if ((await running?.outcome)?.type === 'ended') return 'over';
    return recorder.settle(conversation, call_id);
  }

  return {
    run,
    giveUp,
    forget: (conversation) => void idle.delete(nameOf(conversation)),
    close: () => recorder.close(),
  };
}

interface Running {
  outcome: Promise<QuickOutcome>;
  /** Has the conversation take it over now. */
  giveUp(): void;
}

const callNameOf = (conversation: ConversationKey, call_id: string) =>
  `${nameOf(conversation)}/${call_id}`;

const MOST_KNOWN = 10_000;
