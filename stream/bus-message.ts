/** The messages that the processes of a service send each other about a conversation, as JSON. */
import { z } from 'zod';

const sentMessage = z.discriminatedUnion('type', [
  /** There is news in the store. */
  z.object({ type: z.literal('poke') }),
  /**
   * More text of a reply. `offset` is the length of the attempt's text before it, in UTF-16 units, so that a reader notices repeats
   * and gaps. Published once the store has the text: a draft that is read afterwards contains it.
   */
  z.object({
    type: z.literal('delta'),
    reply_id: z.string(),
    attempt: z.number(),
    offset: z.number(),
    text: z.string(),
  }),
  z.object({
    type: z.literal('progress'),
    call_id: z.string(),
    percent: z.number().optional(),
    note: z.string().optional(),
  }),
  /** The reply is no longer wanted: its producer stops at once. */
  z.object({ type: z.literal('stop'), reply_id: z.string() }),
]);

export type SentMessage = z.infer<typeof sentMessage>;

const envelope = z.object({ from: z.string(), message: sentMessage });

/** @param from the sending process */
export const formatMessage = (from: string, message: SentMessage) =>
  JSON.stringify({ from, message });

/** Undefined for anything else, such as a message of a later version. */
export function parseMessage(text: string): z.infer<typeof envelope> | undefined {
  try {
    return envelope.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
