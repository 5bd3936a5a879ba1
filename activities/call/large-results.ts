/** Stores the results of a call that are too large for Temporal and a model, before the conversation hears of them. */
import type { Settings } from '../../config.ts';
import type { CallEnd, CallEventSignal } from '../../contract/signals.ts';
import { READ_TOOL } from '../../contract/names.ts';
import { cut, HEAD_CHARS, legible, type ResultNumber } from '../../contract/stored.ts';
import type { CallStart } from '../../contract/call.ts';
import { readJson } from '../../store/read-json.ts';
import { setAside } from '../../store/set-aside.ts';
import type { Store } from '../../store/store.ts';
import { waitForStore } from '../wait-for-store.ts';

export interface LargeResults {
  event(event: CallEventSignal): Promise<CallEventSignal>;
  end(result: unknown): Promise<CallEnd>;
  /** The end of a call whose result has a version for a model. The whole result is always stored. */
  describedEnd(result: { readable: unknown; whole: unknown }): Promise<CallEnd>;
  /** Reads a stored result of this conversation; it cannot read one of another. */
  read(callId: string, n: ResultNumber): Promise<unknown>;
}

/**
 * Retries while the store is unavailable: the tool has done its work, so an outage must not fail the call. A refusal of the store
 * fails the call.
 */
export function createLargeResults(
  {
    store,
    settings,
  }: {
    store: Pick<Store, 'keepResult' | 'result'>;
    settings: Pick<Settings, 'MEANWHILE_INLINE_RESULT_BYTES'>;
  },
  { conversation, call_id, tool }: CallStart,
  signal: AbortSignal,
  warn: (message: string, error: unknown) => void,
): LargeResults {
  // The tool that reads stored results returns bounded parts: storing a part of a part would never end.
  const limit = tool === READ_TOOL ? Infinity : settings.MEANWHILE_INLINE_RESULT_BYTES;
  const patiently = <T>(what: string, attempt: () => Promise<T>) =>
    waitForStore(attempt, signal, (error) =>
      warn(`A large result could not be ${what}. Retrying.`, error),
    );
  const aside = (n: ResultNumber, result: unknown, most = limit) =>
    patiently('stored', () => setAside(store, conversation, { call_id, n, result }, most));
  return {
    async event(event) {
      const { data, ...told } = event;
      const stored = await aside(event.n, data);
      return stored ? { ...told, stored } : event;
    },
    async end(result) {
      const stored = await aside('end', result);
      return stored ? { type: 'completed', result: null, stored } : { type: 'completed', result };
    },
    async describedEnd({ readable, whole }) {
      const { n, bytes } = (await aside('end', whole, 0))!;
      const stored = { n, bytes, head: cut(legible(readable), 0, HEAD_CHARS) };
      const isShort = Buffer.byteLength(JSON.stringify(readable)) <= limit;
      return { type: 'completed', result: isShort ? readable : null, stored };
    },
    async read(callId, n) {
      const which = { call_id: callId, n };
      const json = await patiently('read', () => store.result(conversation, which));
      return json === undefined ? undefined : readJson(json);
    },
  };
}
