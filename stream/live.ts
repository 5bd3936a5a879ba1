/**
 * The text of a reply in flight, assembled for all readers of a conversation from two sources: the draft in the store, which is
 * complete, and deltas from the bus, which are fast but may be lost, repeated, or arrive while the draft is being read.
 *
 * A delta is accepted only if it continues the known text, or begins a later one. In any other case (a gap, an earlier reply) the
 * draft is read: it is always right. The offset of a delta shows which part of it is known already.
 *
 * A reader is given the part of the current text that it lacks. So a slow reader gets few large deltas, and nothing waits
 * for it.
 */
import { replyNumber } from '../contract/names.ts';
import type { Draft } from '../store/store.ts';
import type { Delta } from './item.ts';

/** The text of a reply that a reader has been given. */
export interface GivenText {
  reply_id: string;
  attempt: number;
  /** UTF-16 units. */
  length: number;
}

export interface LiveText {
  receive(delta: Delta): void;
  /** True when the draft has to be read: call `reading`, read it, and call `drafted`. */
  readonly isDoubtful: boolean;
  reading(): void;
  drafted(draft: Draft | undefined): void;
  /** Deltas may have been lost: the draft has to be read, and the known text is shown until then. */
  doubt(): void;
  /** Forgets the text: another reply may be in flight now, or none. */
  forget(): void;
  /** The part that a reader lacks: the same object for all that lack the same part. Undefined when the reader has everything. */
  lacking(held: GivenText | undefined): Delta | undefined;
}

export function createLiveText(): LiveText {
  let isDoubtful = true;
  /** `doubt` was called while the draft was being read, so it has to be read once more. */
  let isDoubtedAgain = false;
  let whole: Delta | undefined;
  /** Deltas heard while the draft has to be read, or is being read. */
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

    receive(delta) {
      if (whole && follows(whole, delta)) {
        const longer = joined(whole, delta);
        if (longer.text.length > whole.text.length) become(longer);
        return;
      }
      if (!isDoubtful && begins(whole, delta)) return become(delta);
      isDoubtful = true;
      waiting = waiting && follows(waiting, delta) ? joined(waiting, delta) : delta;
    },

    reading() {
      // What has been published is in the draft already. Deltas heard from now on may not be.
      waiting = undefined;
      isDoubtedAgain = false;
    },

    drafted(draft) {
      const read = draft && { type: 'delta' as const, offset: 0, ...draft };
      // Deltas may have extended the known text while the draft was read.
      const isOlder = read && whole && isSame(read, whole) && read.text.length < whole.text.length;
      const known = isOlder ? whole : read;
      const continued = known && waiting && follows(known, waiting);
      // A delta that arrived meanwhile and does not continue the draft is newer: the draft has to be read again.
      isDoubtful = isDoubtedAgain || (waiting !== undefined && !continued);
      become(continued ? joined(known, waiting!) : known);
      waiting = undefined;
    },

    doubt() {
      isDoubtful = true;
      isDoubtedAgain = true;
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

const isSame = (one: Omit<GivenText, 'length'>, other: Omit<GivenText, 'length'>) =>
  one.reply_id === other.reply_id && one.attempt === other.attempt;

/** Whether the delta follows without a gap; it may repeat some of the text before it. */
const follows = (before: Delta, delta: Delta) =>
  isSame(before, delta) && before.offset <= delta.offset && delta.offset <= end(before);

/** Whether it is the beginning of a later reply than the known one, or of a later attempt at it. */
function begins(before: Delta | undefined, { reply_id, attempt, offset }: Delta): boolean {
  if (offset > 0) return false;
  if (!before || replyNumber(reply_id) > replyNumber(before.reply_id)) return true;
  return reply_id === before.reply_id && attempt > before.attempt;
}

const joined = (before: Delta, delta: Delta): Delta => ({
  ...before,
  text: before.text + delta.text.slice(end(before) - delta.offset),
});

const end = (delta: Delta) => delta.offset + delta.text.length;
