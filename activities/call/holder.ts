/**
 * This process as a holder of calls. Everything here serves one rule: a process runs a tool only while no other process may have
 * taken the call over.
 *
 * 1. A call is held in the store, by one holder. A holder that was silent for `lease_ms` may be replaced, permanently.
 * 2. A process is certain of its calls for `lease_ms - margin_ms` after it sent the store a renewal that was confirmed. It is
 *    certain of one call also for `answer_ms` after Temporal confirmed its attempt as the current one: no other process is given
 *    an attempt before its heartbeat timeout. Only attempts of the run under which the store gave the call count: after a reset
 *    the store may have given it to another process.
 * 3. When it is not certain of a call, it asks. Until it knows, it reports nothing, and a tool does not go on after a step. Without
 *    an answer in time it stops the tool.
 * 4. A process that was paused sees a gap between its own ticks. If other processes could have taken over, it stops at once every
 *    tool that can resume from a checkpoint. For the other calls it asks.
 * 5. If no other process uses the store, none can take over, and the process is always certain.
 * 6. A process that was paused may hold a call that is over: no process takes over a call that was cancelled after Temporal had given
 *    up on its attempt. So a tool does not go on after a step until Temporal has said that the call does, however long that takes.
 */
import { randomUUID } from 'node:crypto';
import type { CallEnd } from '../../contract/signals.ts';
import type {
  Hold,
  HolderIdentity,
  HoldRequest,
  HoldResult,
  HoldStore,
} from '../../store/hold-store.ts';
import { isUnavailable } from '../../store/unavailable.ts';
import { retryWithBackoff } from '../retry-with-backoff.ts';
import { raceAbort } from '../race-abort.ts';
import { type HolderClock, type HolderTiming, realClock, TIMING } from './holder-timing.ts';

export interface HolderOptions {
  store: HoldStore;
  who: HolderIdentity;
  /** True only if the process is certainly dead. */
  isDead(who: HolderIdentity): Promise<boolean>;
  /** No other process uses this store. */
  alone: boolean;
  warn(message: string, error?: unknown): void;
  timing?: Partial<HolderTiming>;
  clock?: HolderClock;
}

/** Another process may be running the call. */
export class HoldLost extends Error {
  override name = 'HoldLost';
}

export interface CallName {
  tenant: string;
  call_id: string;
}

/** A call whose tool runs here. */
export interface WatchedCall {
  /** The name under which it is held. */
  holder: string;
  /** True when the tool may resume from its checkpoint, and repeat what it did since. */
  repeatable: boolean;
  /**
   * When this process sent the latest request by which Temporal confirmed its attempt as the current one. The attempt is one of the
   * run that got the hold.
   */
  answered_at: number;
  /** When this process sent the latest request to which Temporal answered that the call goes on, in any attempt. */
  heard_at: number;
  /** Asks Temporal, and sets both times. Never rejects. */
  askTemporal(): Promise<void>;
  /** Aborts when the tool has to stop, for any reason. */
  signal: AbortSignal;
  lose(reason: HoldLost): void;
}

export interface Holder {
  /**
   * Asks the store until it says which process has the call. `confirm` has to resolve before the tool begins.
   * @throws the store's error if it is refused again and again, and not merely unavailable
   */
  hold(
    call: CallName,
    asked: Pick<HoldRequest, 'run' | 'body'> & { attempt: number },
    signal: AbortSignal,
  ): Promise<HoldResult & { by: string }>;
  /** Begins to watch the call. Temporal must just have said that the call goes on. @returns a function that ends it */
  watch(call: WatchedCall): () => void;
  /** True when certainly no other process runs the call at the moment. */
  isCertain(call: WatchedCall): boolean;
  /** Resolves when no other process runs the call, and the call is not over. Rejects with the reason of the call's signal. */
  confirm(call: WatchedCall): Promise<void>;
  /** False when the call no longer belongs to this process. */
  end(call: CallName, hold: Hold, end: CallEnd): Promise<boolean>;
  release(call: CallName, hold: Hold): Promise<void>;
  /** Lets other processes take over its calls at once. */
  close(): Promise<void>;
}

const NEVER = 1e12;
const MOST_REFUSALS = 5;

export function createHolder({
  store,
  who,
  isDead,
  alone,
  warn,
  ...options
}: HolderOptions): Holder {
  const { now, wall, pause, every } = options.clock ?? realClock;
  const { lease_ms, margin_ms, answer_ms, renew_ms, idle_ms, tick_ms } = {
    ...TIMING,
    ...options.timing,
  };
  const certain_ms = lease_ms - margin_ms;
  const watched = new Set<WatchedCall>();
  /** When this process last resumed after a pause. */
  let woke_at = -Infinity;
  let id: string = randomUUID();
  let confirmedAt = -Infinity;
  let renewedAt = -Infinity;
  let isRenewing = false;
  let isAway = false;
  let others = true;
  let tickedAt = now();
  let tickedWall = wall();
  let mayWaitUntil = -Infinity;

  const isCertain = ({ holder, answered_at }: WatchedCall) =>
    alone || (holder === id && now() - confirmedAt < certain_ms) || now() - answered_at < answer_ms;

  /** Temporal may have given up on the call's attempt during a pause. */
  const isDoubtful = ({ heard_at }: WatchedCall) => heard_at < woke_at;

  async function renew(): Promise<void> {
    const [asked, at] = [id, now()];
    renewedAt = at;
    isRenewing = true;
    try {
      const renewed = await store.renewHolder(asked, who);
      if (asked !== id) return;
      if (renewed.lapsed) return lapse();
      others = renewed.others;
      isAway = false;
      confirmedAt = Math.max(confirmedAt, at);
    } finally {
      if (renewedAt === at) isRenewing = false;
    }
  }

  function lapse(): void {
    const lost = id;
    id = randomUUID();
    confirmedAt = -Infinity;
    for (const call of watched) {
      if (call.holder !== lost) continue;
      call.lose(new HoldLost('This worker was silent for too long: another one has the call.'));
    }
  }

  function wake(stoodStill: boolean): void {
    mayWaitUntil = now() + margin_ms;
    isRenewing = false;
    renewedAt = -Infinity;
    for (const call of others && stoodStill ? watched : []) {
      if (!call.repeatable || isCertain(call)) continue;
      call.lose(new HoldLost('This worker stalled: another one may have the call.'));
    }
  }

  function unanswered(error: unknown): void {
    if (!isAway) warn('The store did not renew the lease on the calls that run here.', error);
    isAway = true;
  }

  /** An error that waiting does not fix fails the call after a few attempts. */
  function unlessRefused(): (error: unknown) => void {
    let refusals = 0;
    return (error) => {
      if (!isUnavailable(error) && (refusals += 1) >= MOST_REFUSALS) throw error;
      warn('The store did not say which worker has the call. Retrying.', error);
    };
  }

  function tick(): void {
    const at = now();
    const stoodStill = at - tickedAt >= certain_ms;
    // The machine was suspended, which stops its monotonic clock, or the time was set.
    const jumped = wall() - tickedWall >= certain_ms;
    // A shorter gap than for a takeover: Temporal gives up on an attempt before the store gives away its call.
    if (jumped || at - tickedAt >= answer_ms) woke_at = at;
    tickedAt = at;
    tickedWall = wall();
    if (jumped) {
      confirmedAt = -Infinity;
      for (const call of watched) call.answered_at = -Infinity;
    }
    if (stoodStill || jumped) wake(stoodStill);
    // A request that hangs is sent again, on another connection.
    if (at - renewedAt >= (isRenewing ? 3 * renew_ms : renew_ms)) {
      void renew().catch(unanswered);
      if (at - confirmedAt > 2 * renew_ms) for (const call of watched) void call.askTemporal();
    }
    if (at < mayWaitUntil) return;
    for (const call of watched) {
      if (isCertain(call)) continue;
      call.lose(
        new HoldLost(
          'Neither the store nor Temporal answered for too long: another worker may have the call.',
        ),
      );
    }
  }

  let stopTicking = () => {};
  // Shows other processes that this one exists: one of them that was paused has to know.
  const showUp = () => {
    if (watched.size === 0) void renew().catch(() => {});
  };
  if (!alone) showUp();
  const stopIdling = alone ? () => {} : every(idle_ms, showUp);

  return {
    async hold(call, { run, body, attempt }, signal) {
      let dead: string | undefined;
      let silentSince: number | undefined;
      for (;;) {
        // After a lapse, renews once more under the new name.
        while (!alone && now() - confirmedAt >= certain_ms) {
          await retryWithBackoff(renew, signal, unanswered);
        }
        const by = id;
        // After a reset, Temporal has not missed a heartbeat of the holder, so only its silence towards the store counts.
        const waited = silentSince === undefined ? 0 : now() - silentSince;
        const lease = attempt > 1 || waited >= lease_ms ? lease_ms : NEVER;
        const held = await retryWithBackoff(
          () => store.holdCall(call, { holder: by, run, body, lease_ms: lease, dead }),
          signal,
          unlessRefused(),
        );
        if (by !== id) continue;
        if (held.outcome !== 'elsewhere') return { ...held, by };
        if (dead !== held.holder && (alone || (held.who && (await isDead(held.who))))) {
          dead = held.holder;
          continue;
        }
        if (held.silent_ms < 3 * renew_ms) return { ...held, by };
        silentSince ??= now();
        await raceAbort(pause(renew_ms / 2), signal);
      }
    },

    watch(call) {
      call.heard_at = now();
      watched.add(call);
      if (watched.size === 1 && !alone) {
        tickedAt = now();
        tickedWall = wall();
        stopTicking = every(tick_ms, tick);
      }
      return () => {
        if (watched.delete(call) && watched.size === 0) stopTicking();
      };
    },

    isCertain,

    async confirm(call) {
      call.signal.throwIfAborted();
      const isOpen = () => !isCertain(call) || isDoubtful(call);
      while (isOpen()) {
        const asking = isCertain(call)
          ? call.askTemporal()
          : renew().catch(() => call.askTemporal());
        await raceAbort(Promise.race([asking, pause(renew_ms)]), call.signal);
        call.signal.throwIfAborted();
        if (isOpen()) await raceAbort(pause(tick_ms), call.signal);
      }
    },

    end: (call, hold, end) => store.endCall(call, hold, end),
    release: (call, hold) => store.releaseCall(call, hold),

    async close() {
      stopIdling();
      stopTicking();
      if (!alone) await store.retireHolder(id).catch(() => {});
    },
  };
}
