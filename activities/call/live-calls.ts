/**
 * The calls whose tools run in this process, by their ids. An attempt at a call that already runs here adopts it: from then on
 * the attempt carries its heartbeat, its cancellation and its end, and the tool is not started again.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallEnd } from '../../contract/signals.ts';
import type { CallAsks, CallStart } from '../../contract/call.ts';
import type { Hold } from '../../store/hold-store.ts';
import { Asks } from '../../tools/asks.ts';
import { hostLost } from '../../tools/keeper/lost.ts';
import { HeldElsewhere } from '../../tools/keeper/spools.ts';
import type { Attempt } from './attempt.ts';
import { toolFailure } from './call-failed.ts';
import type { CallServer } from './call-server.ts';
import { ConversationGone } from './deliver.ts';
import { createPatience, heldElsewhere } from './held-elsewhere.ts';
import { type Holder, HoldLost, type WatchedCall } from './holder.ts';
import { createLink, type Link, type AttemptOutcome } from './link.ts';
import { createLostHolds, type LostHolds } from './lost-holds.ts';
import { openCall } from './open-call.ts';
import { type BodyDependencies, runBody } from './run-body.ts';
import { carried, type Standing, type Untold } from './standing.ts';
import { holdLost, MESSAGES, shutDown, Stopped, type Why } from './stopped.ts';
import { writeEnd } from './write-end.ts';

export interface LiveCallsDependencies extends BodyDependencies {
  holder: Holder;
  server: CallServer;
  beat_ms?: number;
}

export interface LiveCalls {
  /** Starts the tool, or joins the one that is running. */
  run(start: CallStart, attempt: Attempt): Promise<CallEnd | CallAsks>;
  /** Hands over the calls whose tools can resume from a checkpoint, so that nothing is lost. */
  handOver(): void;
  /** Hands over what still runs, and what this process holds. */
  close(): Promise<void>;
}

export function createLiveCalls(dependencies: LiveCallsDependencies): LiveCalls {
  const live = new Map<string, LiveCall>();
  const links = new Set<Link>();
  const isPatient = createPatience(ELSEWHERE_MS);
  const lostHolds = createLostHolds();
  const closing = new AbortController();
  // A tool outlives the attempt that started it, so it must keep nothing of that attempt's context.
  const outside = AsyncLocalStorage.snapshot();
  return {
    run(start, attempt) {
      const key = keyOf(start);
      let call = live.get(key);
      if (!call) {
        const begun = outside(() =>
          begin({ ...dependencies, isPatient, lostHolds, closing: closing.signal }, start, attempt),
        );
        call = begun;
        live.set(key, begun);
        links.add(begun.link);
        void begun.outcome
          .then(() => {
            live.delete(key);
            return begun.link.finished();
          })
          .then(() => links.delete(begun.link));
      }
      return call.link.follow(attempt);
    },
    handOver() {
      for (const call of live.values()) if (call.hasCheckpoint()) call.stop('shutdown');
    },
    async close() {
      const running = [...live.values()];
      for (const call of running) call.stop('shutdown');
      await Promise.all(running.map(({ outcome }) => outcome));
      for (const link of links) link.close();
      closing.abort();
      await Promise.all([...links].map((link) => link.finished()));
      await dependencies.holder.close();
    },
  };
}

/** How long a call waits for the machine that has its program: long enough for a restart. */
const ELSEWHERE_MS = 60_000;

const keyOf = ({ conversation, call_id }: CallStart) =>
  JSON.stringify([conversation.tenant, call_id]);

interface LiveCall {
  link: Link;
  /** Never rejects. */
  outcome: Promise<AttemptOutcome>;
  stop(why: Why): void;
  /** Whether another worker may resume the tool, and would not begin from the start. */
  hasCheckpoint(): boolean;
}

type Beginning = LiveCallsDependencies & {
  isPatient(callId: string): boolean;
  lostHolds: LostHolds;
  /** Aborts when this process has handed over its calls. */
  closing: AbortSignal;
};

function begin(dependencies: Beginning, start: CallStart, first: Attempt): LiveCall {
  const { holder, server, beat_ms } = dependencies;
  const name = { tenant: start.conversation.tenant, call_id: start.call_id };
  const stopping = new AbortController();
  const { signal } = stopping;
  const over = Promise.withResolvers<AttemptOutcome>();
  /** Undefined until the tool begins. */
  let standing: Standing | undefined;
  let hold: Hold | undefined;
  /** The run that got the hold. */
  let heldFor: string | undefined;
  let unwatch = () => {};

  const link = createLink(first, {
    call: name,
    server,
    outcome: over.promise,
    details: () => standing && carried(standing),
    stop(why) {
      if (why === 'gone') warnOfStop(MESSAGES.gone);
      stop(why);
    },
    answered(at, run) {
      if (run === heldFor) watched.answered_at = at;
    },
    hear(at) {
      watched.heard_at = at;
    },
    ...(beat_ms !== undefined && { beat_ms }),
  });
  const warn = (message: string, error?: unknown) =>
    link.latest().warn(message, { call_id: start.call_id, tool: start.tool, error });
  /** Logs why the tool stops, since no user or operator has asked for it. */
  const warnOfStop = (why: string) => {
    if (!signal.aborted) warn(`Stopping the tool. ${why}`);
  };
  const watched: WatchedCall = {
    holder: '',
    repeatable: false,
    answered_at: -Infinity,
    heard_at: -Infinity,
    askTemporal: () => link.ask(),
    signal,
    lose(reason) {
      warnOfStop(reason.message);
      stop(reason);
    },
  };

  function stop(why: Why | HoldLost): void {
    if (!signal.aborted) stopping.abort(new Stopped(why));
  }

  async function run(): Promise<AttemptOutcome> {
    try {
      const opened = await openCall({
        ...dependencies,
        start,
        attempt: link.latest,
        signal,
        lost(turn) {
          standing = dependencies.lostHolds.take(keyOf(start), turn);
          return standing;
        },
        held(mine, { run, repeatable }) {
          hold = mine;
          heldFor = run;
          Object.assign(watched, { holder: mine.holder, repeatable });
          unwatch = holder.watch(watched);
          return holder.confirm(watched);
        },
        cancel: () => stop('cancelled'),
      });
      if (opened.kind === 'elsewhere') {
        remember();
        return await letGo({ kind: 'elsewhere' });
      }
      if (opened.kind === 'ended') return { ...opened, isCertain: true };
      standing = opened.from;
      if (opened.kind === 'unwritten') return await finish(opened.end);
      const end = await runBody(
        dependencies,
        { start, ...opened },
        {
          signal,
          handsOver: () => {
            const { why } = signal.reason as Stopped;
            return why === 'shutdown' || why instanceof HoldLost;
          },
          confirm: () => holder.confirm(watched),
          moved(cursor, isNews) {
            standing = { cursor };
            if (isNews) link.beat();
          },
          yielded: (yielded) => leave({ kind: 'yielded', yielded }),
          returned: (returned) => leave({ kind: 'returned', returned }),
          warn,
        },
      );
      return await finish(end);
    } catch (error) {
      return conclude(error);
    }
  }

  /** Remembers what the tool has done until it is reported. */
  function leave(untold: Untold): void {
    if (standing) standing = { ...standing, untold };
  }

  /** Remembers the progress in case this process gets the next hold too, with none in between. */
  function remember(): void {
    if (standing && hold)
      dependencies.lostHolds.put(keyOf(start), { turn: hold.turn, ...standing });
  }

  async function conclude(error: unknown): Promise<AttemptOutcome> {
    if (signal.aborted && error === signal.reason) {
      const { why } = error as Stopped;
      // Hands over what happened since the last heartbeat.
      if (standing) link.beat();
      if (why === 'shutdown') return letGo({ kind: 'again', failure: shutDown() });
      if (why instanceof HoldLost) {
        remember();
        return letGo({ kind: 'again', failure: holdLost(why) });
      }
      const written = await write({ type: 'cancelled' });
      return { kind: 'cancelled', isCertain: written === 'written' };
    }
    if (error instanceof Asks && standing) {
      const { question_id, isHeld } = error;
      const details = carried({ cursor: standing.cursor });
      const held = isHeld ? { held: true as const } : {};
      return letGo({ kind: 'asks', asks: { type: 'asks', question_id, details, ...held } });
    }
    if (error instanceof ConversationGone) return finish({ type: 'cancelled' });
    if (error instanceof HeldElsewhere && dependencies.isPatient(start.call_id)) {
      return letGo({ kind: 'again', failure: heldElsewhere(error) });
    }
    const told = error instanceof HeldElsewhere ? hostLost() : error;
    return finish({ type: 'failed', error: toolFailure(told) });
  }

  /** Writes the end before it is reported: then the call does not run again, and no process can report another end. */
  async function finish(end: CallEnd): Promise<AttemptOutcome> {
    leave({ kind: 'ended', end });
    const written = await write(end);
    if (written === 'refused') return { kind: 'again', failure: holdLost(new HoldLost(TAKEN)) };
    // The report may not reach Temporal.
    if (written === 'unwritten') remember();
    return { kind: 'ended', end, isCertain: written === 'written' };
  }

  async function write(end: CallEnd) {
    if (!hold) return 'unwritten';
    const mine = hold;
    const { isAttended } = link;
    const { closing } = dependencies;
    return writeEnd({
      write: () => holder.end(name, mine, end),
      isAttended,
      signal,
      closing,
      warn,
    });
  }

  /**
   * Lets another process take over the call at once. While the store is unavailable, another one can do so when this holder's lease
   * has expired.
   */
  async function letGo(outcome: AttemptOutcome): Promise<AttemptOutcome> {
    if (hold) {
      const released = holder.release(name, hold).catch(() => {});
      await Promise.race([released, sleep(RELEASE_MS, undefined, { ref: false })]);
    }
    return outcome;
  }

  void run()
    .then(over.resolve)
    .finally(() => unwatch());
  return {
    link,
    outcome: over.promise,
    stop,
    hasCheckpoint: () => watched.repeatable && standing?.cursor.checkpoint !== undefined,
  };
}

const RELEASE_MS = 1_000;
const TAKEN = 'Another worker has the call.';
