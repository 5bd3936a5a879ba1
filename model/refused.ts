/**
 * Entries that a provider's content filter refused. They stay in the log, but their text is no longer sent to a model: every later request
 * would be refused because of it, and the conversation could not continue.
 */
import type { Entry, EntryOf } from '../contract/entry.ts';

/** The entries without the text that the filter refused when a reply first sent it. */
export function withoutRefused(entries: readonly Entry[]): readonly Entry[] {
  // Refusals are rare, and every request comes here.
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
