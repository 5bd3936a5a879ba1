/**
 * The text of a reply in flight, put together for all readers of a conversation from two sources: the draft in the store, which
 * is whole, and deltas from the bus, which are quick and may be lost, repeated or come while the draft is being read.
 *
 * A delta is taken only where it continues what is known. Anything else (another reply, a new attempt, a gap) is not guessed at:
 * the draft is read, and says what is true. What both have is cut off by its offset.
 *
 * A reader is given what it lacks of the text as it is then. So one that takes its time gets few large deltas and holds nothing up,
 * and nothing waits for it.
 */
import type { Draft } from '../store/store.ts';
import type { Delta } from './item.ts';

/** What a reader has been given of a reply. */
export interface Held {
  reply_id: string;
  attempt: number;
  /** UTF-16 units. */
  length: number;
}

export interface LiveText {
  hear(delta: Delta): void;
  /** The draft is to be read, between `reading` and `drafted`. */
  readonly isDoubtful: boolean;
  reading(): void;
  drafted(draft: Draft | undefined): void;
  /** Another reply may be spoken now, or none. */
  forget(): void;
  /** The same object for all who lack the same. Undefined: the reader has it all. */
  lacking(held: Held | undefined): Delta | undefined;
}

export function createLiveText(): LiveText {
  let isDoubtful = true;
  let whole: Delta | undefined;
  /** Heard since the draft is being read, or is to be. */
  let waiting: Delta | undefined;
  let given = new Map<number, Delta>();

  function become(text: Delta | undefined) {
    whole = text;
    given = new Map();
  }

  return {
    get isDoubtful() {
      return isDoubtful;
    },

    hear(delta) {
      if (whole && follows(whole, delta)) {
        const longer = joined(whole, delta);
        if (longer.text.length > whole.text.length) become(longer);
        return;
      }
      isDoubtful = true;
      waiting = waiting && follows(waiting, delta) ? joined(waiting, delta) : delta;
    },

    reading() {
      // What has been published is in the draft already. What is heard from now on may not be.
      waiting = undefined;
    },

    drafted(draft) {
      const read = draft && { type: 'delta' as const, offset: 0, ...draft };
      // Deltas may have gone on from what was known while the draft was read.
      const isOlder = read && whole && isSame(read, whole) && read.text.length < whole.text.length;
      const known = isOlder ? whole : read;
      const continued = known && waiting && follows(known, waiting);
      // Heard while the draft was read, and not to be joined to it: it was overtaken, so it is read again.
      isDoubtful = waiting !== undefined && !continued;
      become(continued ? joined(known, waiting!) : known);
      waiting = undefined;
    },

    forget() {
      isDoubtful = true;
      waiting = undefined;
      become(undefined);
    },

    lacking(held) {
      if (!whole) return undefined;
      const offset = held && isSame(held, whole) ? held.length : 0;
      if (offset >= whole.text.length) return undefined;
      const delta = given.get(offset) ?? { ...whole, offset, text: whole.text.slice(offset) };
      given.set(offset, delta);
      return delta;
    },
  };
}

const isSame = (one: Omit<Held, 'length'>, other: Omit<Held, 'length'>) =>
  one.reply_id === other.reply_id && one.attempt === other.attempt;

/** Without a gap; it may repeat some of what came before. */
const follows = (before: Delta, delta: Delta) =>
  isSame(before, delta) && before.offset <= delta.offset && delta.offset <= end(before);

const joined = (before: Delta, delta: Delta): Delta => ({
  ...before,
  text: before.text + delta.text.slice(end(before) - delta.offset),
});

const end = (delta: Delta) => delta.offset + delta.text.length;
