/**
 * Limits how many tools a worker process runs at once. Further calls wait in Temporal: there they take no room, their timeout does
 * not run, and the first worker with a free place gets them. That wait would be invisible, so the process that schedules a call
 * shows what the call waits for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { READ_TOOL } from '../../contract/names.ts';
import type { Activities } from '../index.ts';
import {
  hideWaitingNote,
  type NoteDependencies,
  type Noted,
  showNote,
  waitingNote,
} from './show-note.ts';

export interface ToolPlaces {
  /** Notes that a call is about to be given to a worker. Returns at once and never fails. */
  expect(call: Noted): void;
  /** Counts the call as running here while `work` runs. */
  hold<T>(call: Noted, work: () => Promise<T>): Promise<T>;
  /** Looks at the waiting calls at once, instead of within a second. */
  look(): Promise<void>;
  close(): void;
}

export interface ToolPlacesOptions extends NoteDependencies {
  limit: number;
  /** `started`: a worker runs the tool; `over`: the call's workflow has ended, for any reason. */
  stateOf(call: Noted): Promise<'waiting' | 'started' | 'over'>;
  warn(message: string, error: unknown): void;
  /** Monotonic milliseconds. */
  now?: () => number;
}

interface Waiting {
  call: Noted;
  checked_at: number;
  note?: string;
  /** Shows one note after the other. */
  showing: Promise<void>;
}

const LOOK_MS = 1_000;
/** The interval between checks of a waiting call: it may have begun in another process, or be over. */
const CHECK_MS = 5_000;
/** The most checks in one look, however many calls wait. */
const MOST_AT_ONCE = 20;

export function createToolPlaces(options: ToolPlacesOptions): ToolPlaces {
  const { limit, stateOf, warn, now = () => performance.now() } = options;
  const running = new Set<object>();
  /** By call id, in the order in which they will begin. */
  const waiting = new Map<string, Waiting>();
  let timer: NodeJS.Timeout | undefined;

  function note(entry: Waiting, before: number): void {
    const next = before < 0 ? undefined : waitingNote(limit, ' of this worker', before);
    if (next === entry.note) return;
    entry.note = next;
    then(entry, () => showNote(options, entry.call, next));
  }

  /** Showing a note must not fail a call, or make it wait for an unavailable store. */
  function then(entry: Waiting, work: () => Promise<void>): void {
    entry.showing = entry.showing
      .then(work)
      .catch((error: unknown) => warn('Could not show what a call waits for.', error));
  }

  function refresh(): void {
    let before = running.size - limit;
    let looked = 0;
    for (const entry of waiting.values()) {
      note(entry, before++);
      if (++looked === MOST_AT_ONCE) return;
    }
  }

  async function check(): Promise<void> {
    const due = [...waiting.values()].filter(({ checked_at }) => now() - checked_at >= CHECK_MS);
    for (const entry of due.slice(0, MOST_AT_ONCE)) {
      const state = await stateOf(entry.call);
      entry.checked_at = now();
      if (state === 'waiting' || waiting.get(entry.call.call_id) !== entry) continue;
      waiting.delete(entry.call.call_id);
      if (state === 'started' && entry.note !== undefined) {
        then(entry, () => hideWaitingNote(options, entry.call));
      }
    }
  }

  async function look(): Promise<void> {
    await check().catch((error: unknown) =>
      warn('Could not find out which calls still wait.', error),
    );
    refresh();
    if (waiting.size === 0) stop();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    expect(call) {
      if (waiting.has(call.call_id)) return;
      const entry: Waiting = { call, checked_at: now(), showing: Promise.resolve() };
      waiting.set(call.call_id, entry);
      note(entry, running.size + waiting.size - 1 - limit);
      timer ??= setInterval(() => void look(), LOOK_MS).unref();
    },
    async hold(call, work) {
      const place = {};
      running.add(place);
      try {
        const known = waiting.get(call.call_id);
        waiting.delete(call.call_id);
        // Another process expected it, possibly one that has died: it may have left a note.
        const entry = known ?? { call, checked_at: 0, note: '', showing: Promise.resolve() };
        if (entry.note !== undefined) then(entry, () => hideWaitingNote(options, call));
        // A tool waits only briefly for a note: it has no heartbeat yet.
        await Promise.race([entry.showing, sleep(LOOK_MS, undefined, { ref: false })]);
        return await work();
      } finally {
        running.delete(place);
      }
    },
    look,
    close: stop,
  };
}

/** @param isLocal whether a tool of this name runs in a worker */
export function withPlaces(
  activities: Activities,
  places: Pick<ToolPlaces, 'expect' | 'hold'>,
  isLocal: (tool: string) => boolean,
): Activities {
  return {
    ...activities,
    async describeTool(name, call) {
      const facts = await activities.describeTool(name, call);
      if (facts.kind === 'local' && !facts.slots && takesPlace(call)) places.expect(call);
      return facts;
    },
    async takeSlot(call, slots) {
      await activities.takeSlot(call, slots);
      if (isLocal(call.tool)) places.expect(call);
    },
    runTool: (start) =>
      takesPlace(start)
        ? places.hold(start, () => activities.runTool(start))
        : activities.runTool(start),
  };
}

/** Reading a stored result takes no place, so it waits for no tool. */
const takesPlace = ({ tool }: Noted) => tool !== READ_TOOL;
