import type { Entry } from '../../contract/entry.ts';
import type { ReplyRequest } from '../../contract/reply.ts';

/** A request for a reply to a message, which reads all of these entries. */
export const replyRequest = (
  entries: readonly Entry[],
  more: Partial<ReplyRequest> = {},
): ReplyRequest => ({
  conversation: { tenant: 'default', id: 'c' },
  agent: 'default',
  reply_id: 'reply_1',
  from: 1,
  to: entries.length,
  because: 'message',
  news: [],
  calls: [],
  attempts: 4,
  ...more,
});
