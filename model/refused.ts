/**
 * Entries that a provider's content filter refused. They stay in the log, but a model no longer reads their words: every later
 * request would be refused for them too, and the conversation would be over.
 */
import type { Entry, EntryOf } from '../contract/entry.ts';

/** The entries, with the words left out that the filter refused when a reply first brought them. */
export function withoutRefused(entries: readonly Entry[]): readonly Entry[] {
  // Hardly ever is there one, and every request asks.
  if (!entries.some(isRefusal)) return entries;
  const causes = new Map<string, readonly number[]>();
  const refused = new Set<number>();
  for (const entry of entries) {
    if (entry.kind === 'reply.started') causes.set(entry.reply_id, entry.cause);
    if (isRefusal(entry)) {
      for (const seq of causes.get(entry.reply_id) ?? []) refused.add(seq);
    }
  }
  return entries.map((entry) => (refused.has(entry.seq) ? withoutWords(entry) : entry));
}

const isRefusal = (entry: Entry): entry is EntryOf<'reply.failed'> =>
  entry.kind === 'reply.failed' && entry.error.type === 'ModelPromptFiltered';

function withoutWords(entry: Entry): Entry {
  switch (entry.kind) {
    case 'message.user':
      return { ...entry, text: LEFT_OUT };
    case 'call.event': {
      const { data: _, note: __, stored: ___, ...rest } = entry;
      return entry.event === 'result' ? { ...rest, data: LEFT_OUT } : rest;
    }
    case 'call.completed': {
      const { stored: _, ...rest } = entry;
      return { ...rest, result: LEFT_OUT };
    }
    case 'call.failed':
      return { ...entry, error: { type: entry.error.type, message: LEFT_OUT } };
    default:
      return entry;
  }
}

const LEFT_OUT = "[left out: the model provider's content filter refused it]";
