/**
 * Connects a tool that runs in this process to Temporal: to the current attempt, or to none. When an attempt is no longer current,
 * the tool goes on. Until the next attempt arrives here, the link sends heartbeats and the end by the call's id, to the attempt that
 * is running. If another process got that attempt, it leaves the reports to the process that holds the call.
 */
import { CompleteAsyncError } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallAsks } from '../../contract/call.ts';
import type { CallEnd } from '../../contract/signals.ts';
import type { Attempt } from './attempt.ts';
import type { CallServer, Delivery } from './call-server.ts';
import type { CallName } from './holder.ts';
import { retryWithBackoff } from '../retry-with-backoff.ts';

export type AttemptOutcome =
  /** `isCertain`: the store has recorded it, so the call will not run again. */
  | { kind: 'ended'; end: CallEnd; isCertain: boolean }
  /** The call was cancelled on request. */
  | { kind: 'cancelled'; isCertain: boolean }
  /** Its tool waits for a person, and runs again when they have answered. */
  | { kind: 'asks'; asks: CallAsks }
  /** Another attempt has to continue the call. */
  | { kind: 'again'; failure: Error }
  /** Another process has the call, and reports to Temporal how it ends. */
  | { kind: 'elsewhere' };

export interface LinkOptions {
  call: CallName;
  server: CallServer;
  /** The progress of the call, for the next attempt. Undefined until the tool begins in this process. */
  details(): unknown;
  stop(why: 'cancelled' | 'shutdown' | 'gone'): void;
  /** Called when Temporal has confirmed an attempt of `run` in this process. The request was sent at `at`, in monotonic milliseconds. */
  answered(at: number, run: string): void;
  /** Called when Temporal has said that the call goes on, in any attempt. The request was sent at `at`. */
  hear(at: number): void;
  outcome: Promise<AttemptOutcome>;
  beat_ms?: number;
}

export interface Link {
  /** The latest attempt. */
  latest(): Attempt;
  /** Serves an attempt as long as it is the current one. */
  follow(attempt: Attempt): Promise<CallEnd | CallAsks>;
  /** Whether this process has the current attempt, as far as it knows. */
  isAttended(): boolean;
  /** Sends a heartbeat at once. */
  beat(): void;
  /** Asks Temporal whether the attempt is still the current one. Never rejects. */
  ask(): Promise<void>;
  /** Resolves when nothing remains to be reported. */
  finished(): Promise<void>;
  /** Reports nothing from now on. */
  close(): void;
}

export function createLink(first: Attempt, options: LinkOptions): Link {
  const { call, server, details, stop, answered, hear, outcome, beat_ms = BEAT_MS } = options;
  const closing = new AbortController();
  let latest = first;
  /** Undefined when no attempt is current. */
  let current: Attempt | undefined;
  let replace = () => {};
  /** Sends the regular heartbeats of the current attempt. */
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> | undefined;

  /** Details that may replace those of the previous heartbeat, which the process that still holds the call may have sent. */
  const upToDate = async (attempt: Attempt): Promise<unknown> =>
    details() ?? (await server.lastBeat(call)) ?? attempt.details;

  /** Sends nothing if the last details cannot be read: Temporal is unreachable then, and would get the heartbeat too late. */
  async function beatFor(attempt: Attempt, isOver: () => boolean): Promise<void> {
    const known = details();
    if (known !== undefined) return attempt.beat(known);
    const last = await upToDate(attempt).catch(() => UNHEARD);
    if (last !== UNHEARD && !isOver()) attempt.beat(last);
  }

  /** Sends heartbeats by the call's id until an attempt arrives here or the tool ends. */
  async function goOnById(left: Attempt): Promise<void> {
    const pause = () => sleep(beat_ms, 'pause' as const, { ref: false });
    for (;;) {
      const at = performance.now();
      const heard = await upToDate(left)
        .then((known) => server.beat(call, left.activity_id, known))
        .catch(() => 'away' as const);
      if (current || closing.signal.aborted) return;
      if (heard === 'heard' || heard === 'due') hear(at);
      if (heard === 'cancelled' || heard === 'gone') stop(heard);
      const over = await Promise.race([outcome, pause()]);
      if (current || closing.signal.aborted) return;
      if (over !== 'pause') return tell(over, left);
    }
  }

  /** Reports the outcome only if it is certain, since it is not known which attempt gets the report. */
  async function tell(over: AttemptOutcome, { activity_id }: Attempt): Promise<void> {
    if ((over.kind !== 'ended' && over.kind !== 'cancelled') || !over.isCertain) return;
    const send = (): Promise<Delivery> =>
      over.kind === 'ended'
        ? server.complete(call, activity_id, over.end)
        : server.reportCancelled(call, activity_id);
    const unlessUnheard = async () => {
      const delivery = await send();
      if (delivery === 'due' || delivery === 'unheard') throw new Error('No attempt is under way.');
    };
    await retryWithBackoff(unlessUnheard, closing.signal, () => {}).catch(() => {});
  }

  return {
    latest: () => latest,
    async follow(attempt) {
      const isOlder = attempt.run === latest.run && attempt.number < latest.number;
      if (isOlder) throw new CompleteAsyncError();
      replace();
      [latest, current] = [attempt, attempt];
      const replaced = new Promise<'replaced'>((resolve) => {
        replace = () => resolve('replaced');
      });
      let isOver = false;
      const beats = setInterval(() => void beatFor(attempt, () => isOver), beat_ms);
      timer = beats;
      try {
        const heard = await Promise.race([outcome, attempt.told, replaced]);
        if (typeof heard === 'object') return settle(heard, attempt);
        if (heard === 'cancelled' || heard === 'shutdown') {
          stop(heard);
          return settle(await outcome, attempt);
        }
        if (heard === 'not_current') {
          current = undefined;
          telling = goOnById(attempt);
        }
        throw new CompleteAsyncError();
      } finally {
        isOver = true;
        clearInterval(beats);
        if (timer === beats) timer = undefined;
      }
    },
    isAttended: () => current !== undefined,
    beat() {
      if (!current) return;
      current.beat(details());
      // The next regular one follows after a whole interval.
      timer?.refresh();
    },
    async ask() {
      if (!current) return;
      const { token, run } = current;
      const at = performance.now();
      const state = await upToDate(current)
        .then((known) => server.stateOf(token, known))
        .catch(() => 'away' as const);
      if (state === 'current' || state === 'cancelled') answered(at, run);
      if (state === 'current') hear(at);
      // The attempt's own heartbeat reports it too, but perhaps only after another step.
      if (state === 'cancelled') stop('cancelled');
    },
    finished: async () => telling,
    close: () => closing.abort(),
  };
}

const BEAT_MS = 1_000;
const UNHEARD = Symbol('unheard');

function settle(outcome: AttemptOutcome, attempt: Attempt): CallEnd | CallAsks {
  switch (outcome.kind) {
    case 'ended':
      return outcome.end;
    case 'cancelled': {
      // If the cancellation reached another attempt, this one cannot end as cancelled.
      const reason = attempt.reason();
      if (reason) throw reason;
      return { type: 'cancelled' };
    }
    case 'asks':
      return outcome.asks;
    case 'again':
      throw outcome.failure;
    case 'elsewhere':
      throw new CompleteAsyncError();
  }
}
