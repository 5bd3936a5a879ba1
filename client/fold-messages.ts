/** The messages of a conversation, from the entries of the log and the live text of a reply in flight. */
import type { Entry } from '../contract/entry.ts';
import type { AgentMessage, Message } from './state.ts';
import type { DeltaItem } from './stream.ts';

export function createMessages() {
  const messages: Message[] = [];
  const endedReplies = new Set<string>();
  /** Position in `messages` of the reply in flight. */
  let inFlight: number | undefined;
  /** The live text. It may arrive before the entry that starts its reply. */
  let draft: { reply_id: string; attempt: number; text: string } | undefined;

  function end(reply_id: string, change: Partial<AgentMessage>): void {
    endedReplies.add(reply_id);
    const at = messages.findLastIndex(({ from, id }) => from === 'agent' && id === reply_id);
    const message = messages[at] as AgentMessage | undefined;
    if (!message) return;
    const ended = { ...message, ...change };
    // Replies that only request calls say nothing.
    if (ended.text === '' && ended.status === 'completed') messages.splice(at, 1);
    else messages[at] = ended;
    if (inFlight === at) inFlight = undefined;
    if (draft?.reply_id === reply_id) draft = undefined;
  }

  function show(): void {
    const message = inFlight === undefined ? undefined : (messages[inFlight] as AgentMessage);
    if (message && draft?.reply_id === message.id && draft.text !== message.text) {
      messages[inFlight!] = { ...message, text: draft.text };
    }
  }

  return {
    add(entry: Entry): void {
      const { seq, at } = entry;
      switch (entry.kind) {
        case 'message.user': {
          const { message_id: id, text, actor } = entry;
          messages.push({ from: 'user', id, seq, at, text, author: actor.id });
          return;
        }
        case 'reply.started': {
          const { reply_id: id, because, reason, cause } = entry;
          inFlight = messages.length;
          messages.push({
            ...{ from: 'agent', id, seq, at, text: '', status: 'streaming' },
            ...{ because, reason, cause },
          });
          return show();
        }
        case 'reply.completed':
          return end(entry.reply_id, { status: 'completed', text: entry.text });
        case 'reply.interrupted': {
          const { reply_id, text, by: interrupted_by, rolled_back } = entry;
          return end(reply_id, { status: 'interrupted', text, interrupted_by, rolled_back });
        }
        case 'reply.failed': {
          const { reply_id, text = '', error } = entry;
          return end(reply_id, { status: 'failed', text, error });
        }
        default:
      }
    },

    applyDelta({ reply_id, attempt, offset, text }: DeltaItem['data']): void {
      const known = draft?.reply_id === reply_id ? draft : undefined;
      if (endedReplies.has(reply_id) || (known && known.attempt > attempt)) return;
      const before = known?.attempt === attempt ? known.text : '';
      // A gap: an earlier connection of this conversation is still delivering the text between.
      if (offset > before.length) return;
      draft = { reply_id, attempt, text: before.slice(0, offset) + text };
      show();
    },

    all: (): Message[] => [...messages],
    reply: (): AgentMessage | undefined =>
      inFlight === undefined ? undefined : (messages[inFlight] as AgentMessage),
  };
}
