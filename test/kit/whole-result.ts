import type { Meanwhile } from '../../client/meanwhile.ts';
import type { EntryOf } from '../../contract/entry.ts';

/** The whole result of a call, even if its entry shows only the beginning. */
export async function wholeResult<T = unknown>(
  client: Meanwhile,
  id: string,
  entry: EntryOf<'call.event' | 'call.completed'>,
): Promise<T> {
  const { call_id, stored } = entry;
  if (stored) return client.conversations.open(id).result(call_id, stored.n);
  return (entry.kind === 'call.completed' ? entry.result : entry.data) as T;
}
