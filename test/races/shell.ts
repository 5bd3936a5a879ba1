/**
 * The shell of a conversation in a race. It does as workflows/conversation.ts does, without Temporal: what arrives at once or while the
 * log is being written is heard together; effects come after the write.
 */
import { decide } from '../../conversation/decide.ts';
import type { Decision, Event, Untimed } from '../../conversation/event.ts';
import { wakeAt } from '../../conversation/next.ts';
import type { State } from '../../conversation/state.ts';
import type { Clock } from './clock.ts';

export interface Shell {
  readonly state: State;
  /** What has arrived and is not heard yet. */
  readonly inbox: readonly Event[];
  readonly isWriting: boolean;
  enqueue(event: Untimed): void;
  /** Decides for as long as something is due, then waits. */
  goOn(): void;
  /** Nothing that it has begun comes to its end. */
  abandon(): void;
}

export interface ShellOptions {
  clock: Clock;
  state: State;
  /** How long the log takes to be written. Called once for each decision, before it is made. */
  takes(): number;
  decided(decision: Decision, events: Event[]): void;
  /** Its entries are in the log: carries out its effects. */
  written(decision: Decision): void;
  /** Whether nothing is under way in a conversation that closes. */
  isSettled(): boolean;
}

export function createShell({ clock, takes, isSettled, ...options }: ShellOptions): Shell {
  let { state } = options;
  let inbox: Event[] = [];
  let isWriting = false;
  let isAbandoned = false;
  let timer = () => {};

  const enqueue = (event: Untimed) => void inbox.push({ ...event, at: clock.now });

  function isDue(): boolean {
    if (inbox.length > 0) return true;
    if (state.turn.phase !== 'closing') return (wakeAt(state) ?? Infinity) <= clock.now;
    // As the workflow does once nothing is under way.
    if (isSettled()) enqueue({ type: 'settled' });
    return inbox.length > 0;
  }

  function setTimer(): void {
    timer();
    const due = wakeAt(state);
    if (isWriting || due === undefined || state.turn.phase === 'closing') return;
    timer = clock.after(Math.max(1, due - clock.now), () => {});
  }

  function step(events: Event[]): void {
    const writes = takes();
    const decided = decide(state, ...events);
    state = decided.state;
    inbox = [];
    options.decided(decided, events);
    const { effects, entries } = decided;
    const rides =
      effects.at(-1)?.kind === 'start_reply' &&
      effects.slice(0, -1).every(({ kind }) => kind === 'stop_reply');
    if (writes === 0 || rides || entries.length === 0) return options.written(decided);
    isWriting = true;
    clock.after(writes, () => {
      if (isAbandoned) return;
      isWriting = false;
      options.written(decided);
    });
  }

  return {
    get state() {
      return state;
    },
    get inbox() {
      return inbox;
    },
    get isWriting() {
      return isWriting;
    },
    enqueue,
    goOn() {
      while (!isWriting && !state.closed && isDue()) {
        step(inbox.length > 0 ? inbox : [{ type: 'tick', at: clock.now }]);
      }
      setTimer();
    },
    abandon() {
      isAbandoned = true;
      timer();
    },
  };
}
