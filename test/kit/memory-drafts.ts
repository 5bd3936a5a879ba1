/** What replies of one conversation have said so far, as the store keeps it, in memory. */
import type { Draft } from '../../store/store.ts';
import { replyId, replyNumber } from '../../contract/names.ts';

export function createMemoryDrafts() {
  const drafts = new Map<
    number,
    { attempt: number; text: string; stopped: boolean; run_id: string }
  >();
  return {
    begin(reply: string, attempt: number, run_id = ''): boolean {
      const number = replyNumber(reply);
      const draft = drafts.get(number);
      // R1: where a later reply has begun, this one is over, even if it is forgotten by now.
      if (!draft && [...drafts.keys()].some((other) => other > number)) return false;
      if (draft?.stopped) return false;
      if (draft && draft.run_id === run_id && draft.attempt > attempt) return false;
      drafts.set(number, { attempt, text: '', stopped: false, run_id });
      return true;
    },

    append({ reply_id, attempt, text, offset, run_id = '' }: Draft & { offset?: number }): boolean {
      const draft = drafts.get(replyNumber(reply_id));
      if (!draft || draft.stopped || draft.attempt !== attempt) return false;
      if (draft.run_id !== run_id) return false;
      const { length } = draft.text;
      if (offset !== undefined && offset !== length) {
        if (length === offset + text.length) return true;
        throw new Error(`The draft of ${reply_id} has ${length} characters, not ${offset}.`);
      }
      draft.text += text;
      return true;
    },

    read(reply: string): Draft | undefined {
      const draft = drafts.get(replyNumber(reply));
      return draft && { reply_id: reply, attempt: draft.attempt, text: draft.text };
    },

    /** A reply that is cut before it began is stopped too. Returns what it had said. */
    stop(reply: string): string {
      const number = replyNumber(reply);
      const draft = drafts.get(number) ?? { attempt: 0, text: '', run_id: '' };
      drafts.set(number, { ...draft, stopped: true });
      return draft.text;
    },

    resume(reply: string): void {
      const draft = drafts.get(replyNumber(reply));
      if (draft) draft.stopped = false;
    },

    forgetAfter(reply: number): void {
      for (const number of drafts.keys()) if (number > reply) drafts.delete(number);
    },

    /** The one before the started reply stays: its interruption may still be written again. */
    forgetBefore(started: string): void {
      const previous = replyId(replyNumber(started) - 1);
      for (const number of drafts.keys()) if (number < replyNumber(previous)) drafts.delete(number);
    },
  };
}
