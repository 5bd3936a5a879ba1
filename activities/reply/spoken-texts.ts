/**
 * What the replies of this process have handed to the store so far. A reply that interrupts one of them need not wait for its write to
 * know what that one had said: the write then shows whether it was right (read-log.ts).
 */
import type { Batch } from '../../contract/batch.ts';
import { isCutShort, withTexts } from '../../contract/cut-short.ts';
import type { Entry } from '../../contract/entry.ts';
import { type ConversationKey, conversationWorkflowId } from '../../contract/names.ts';
import type { KnownLogs } from '../log/known-logs.ts';

export interface SpokenTexts {
  /** An attempt at a reply begins to speak. An earlier one in this process is forgotten. */
  begin(conversation: ConversationKey, reply_id: string): SpokenText;
  /**
   * The entries of the batch with the texts of the replies that it cuts short, as the store will most likely have them. Undefined if this
   * process has not heard one of them.
   */
  foresee(batch: Batch, logs: KnownLogs): Entry[] | undefined;
}

export interface SpokenText {
  /** To be called in the same step that hands the text to the store. */
  add(text: string): void;
  /** The attempt is over. */
  forget(): void;
}

export function createSpokenTexts(): SpokenTexts {
  const texts = new Map<string, { text: string }>();
  const nameOf = (conversation: ConversationKey, reply_id: string) =>
    JSON.stringify([conversationWorkflowId(conversation), reply_id]);

  return {
    begin(conversation, reply_id) {
      const name = nameOf(conversation, reply_id);
      const spoken = { text: '' };
      texts.set(name, spoken);
      return {
        add(text) {
          spoken.text += text;
        },
        forget() {
          if (texts.get(name) === spoken) texts.delete(name);
        },
      };
    },

    foresee({ conversation, entries }, logs) {
      const said: Record<string, string> = {};
      const known = logs.find(conversation)?.entries ?? [];
      for (const { seq, reply_id } of entries.filter(isCutShort)) {
        // The batch may begin with entries that the log has already.
        const logged = known.find((entry) => entry.seq === seq);
        const stands = logged && isCutShort(logged) && logged.reply_id === reply_id;
        const text = stands ? logged.text : texts.get(nameOf(conversation, reply_id))?.text;
        if (text === undefined) return undefined;
        said[reply_id] = text;
      }
      return withTexts(entries, said);
    },
  };
}
