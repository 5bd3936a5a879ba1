import type { ConversationKey } from '../contract/names.ts';
import { cut, HEAD_CHARS, legible, type ResultNumber, type Stored } from '../contract/stored.ts';
import { readJson } from './read-json.ts';
import type { Store } from './store.ts';

/**
 * Stores a result that is too large to send. Repeatable: a result that an earlier attempt stored under this number stays.
 * @param result JSON
 * @param inlineBytes the largest size, as JSON, that is sent
 * @returns a reference to send instead; undefined when the result is small enough to be sent
 */
export async function setAside(
  store: Pick<Store, 'keepResult'>,
  conversation: ConversationKey,
  { call_id, n, result }: { call_id: string; n: ResultNumber; result: unknown },
  inlineBytes: number,
): Promise<Stored | undefined> {
  const json = JSON.stringify(result);
  if (json === undefined || Buffer.byteLength(json) <= inlineBytes) return undefined;
  const kept = await store.keepResult(conversation, { call_id, n }, json);
  const whole = kept === json ? result : readJson(kept);
  return { n, bytes: Buffer.byteLength(kept), head: cut(legible(whole), 0, HEAD_CHARS) };
}
