/**
 * The text of a reply in flight, put together for one reader from two sources: the draft in the store, which is whole, and
 * deltas from the bus, which are quick and may be lost, repeated or come while the draft is being read.
 *
 * A delta is passed on only where it continues what the reader holds. Anything else (another reply, a new attempt, a gap) is
 * not guessed at: the draft is read, and says what is true. What both have is cut off by its offset.
 */
import type { Draft } from '../store/store.ts';
import type { Delta } from './item.ts';

/** A reader that does not keep up has at most this much waiting, in UTF-16 units. Then the draft is read instead. */
const MOST_WAITING = 64 * 1024;

export interface LiveText {
  hear(delta: Delta): void;
  /** What the reader gets next. `read draft` is to be answered by `drafted`. */
  next(): { do: 'wait' } | { do: 'read draft' } | { do: 'yield'; delta: Delta };
  drafted(draft: Draft | undefined): void;
  /** The log was rewound: the reader has forgotten what it held, and another reply may be spoken now. */
  rewound(): void;
  /** The reply is over; its entry has the words. */
  ended(replyId: string): void;
}

export function createLiveText(): LiveText {
  let doubtful = true;
  let held: { reply_id: string; attempt: number; length: number } | undefined;
  let waiting: Delta | undefined;

  const continuesHeld = (delta: Delta) =>
    held?.reply_id === delta.reply_id &&
    held.attempt === delta.attempt &&
    held.length >= delta.offset;

  function readDraft() {
    // What has been published is in the draft already. What is heard from now on may not be.
    waiting = undefined;
    return { do: 'read draft' } as const;
  }

  return {
    hear(delta) {
      waiting = waiting && follows(waiting, delta) ? joined(waiting, delta) : delta;
      if (waiting.text.length > MOST_WAITING) {
        waiting = undefined;
        doubtful = true;
      }
    },

    next() {
      if (doubtful) return readDraft();
      if (!waiting) return { do: 'wait' };
      if (!held || !continuesHeld(waiting)) return readDraft();
      const text = waiting.text.slice(held.length - waiting.offset);
      const delta = { ...waiting, offset: held.length, text };
      waiting = undefined;
      if (text === '') return { do: 'wait' };
      held.length += text.length;
      return { do: 'yield', delta };
    },

    drafted(draft) {
      const whole = draft && { type: 'delta' as const, offset: 0, ...draft };
      // Heard while the draft was read, and not to be joined to it: it was overtaken, so it is read again.
      doubtful = waiting !== undefined && !(whole && follows(whole, waiting));
      if (!whole || doubtful) {
        waiting = undefined;
        return;
      }
      if (!held || !continuesHeld({ ...whole, offset: 0 })) {
        held = { reply_id: whole.reply_id, attempt: whole.attempt, length: 0 };
      }
      waiting = waiting ? joined(whole, waiting) : whole;
    },

    rewound() {
      doubtful = true;
      held = undefined;
    },

    ended(replyId) {
      if (held?.reply_id === replyId) held = undefined;
      if (waiting?.reply_id === replyId) waiting = undefined;
    },
  };
}

/** Without a gap; it may repeat some of what came before. */
const follows = (before: Delta, delta: Delta) =>
  before.reply_id === delta.reply_id &&
  before.attempt === delta.attempt &&
  before.offset <= delta.offset &&
  delta.offset <= end(before);

const joined = (before: Delta, delta: Delta): Delta => ({
  ...before,
  text: before.text + delta.text.slice(end(before) - delta.offset),
});

const end = (delta: Delta) => delta.offset + delta.text.length;
