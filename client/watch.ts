/** Follows a conversation on one connection, keeps its log, and lets a script wait for a condition on it. */
import type { Entry, EntryKind, EntryOf } from '../contract/entry.ts';
import type { Http } from './http.ts';
import { openStream, type StreamItem } from './stream.ts';

export interface Watcher {
  readonly entries: Entry[];
  /** Resolves with the reason when no more events will come. */
  readonly ended: Promise<Error>;
  of<K extends EntryKind>(kind: K): EntryOf<K>[];
  /**
   * Resolves once `probe` returns a value.
   * @throws Error naming `what`, after `timeout_ms` or when the stream ends first
   */
  until<T>(what: string, probe: () => T | undefined | false, timeout_ms?: number): Promise<T>;
  close(): Promise<void>;
}

/** A reader's copy of a log, and the id of the last event it received. */
export interface LogCopy {
  entries: readonly Entry[];
  lastEventId: string;
}

/** @param held where to resume; default: from the first entry */
export function watch(
  client: Http,
  id: string,
  show: (item: StreamItem) => void = () => {},
  held?: LogCopy,
): Watcher {
  let entries: Entry[] = [...(held?.entries ?? [])];
  const stop = new AbortController();
  const probes = new Set<() => void>();
  let over: Error | undefined;

  async function read(): Promise<void> {
    const { signal } = stop;
    const { lastEventId } = held ?? {};
    for await (const item of openStream(client, id, { lastEventId, signal })) {
      if (item.type === 'rewind') entries = entries.filter(({ seq }) => seq <= item.data.to);
      if (item.type === 'entry') entries.push(item.data);
      show(item);
      for (const probe of probes) probe();
    }
  }

  const reading = read()
    .then(() => new Error('the stream has ended'))
    .catch((error: unknown) => error as Error)
    .then((reason) => {
      over = reason;
      for (const probe of probes) probe();
      return reason;
    });

  return {
    get entries() {
      return entries;
    },
    ended: reading,
    of<K extends EntryKind>(kind: K) {
      return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
    },
    async until(what, probe, timeout_ms = 60_000) {
      const { promise, resolve, reject } = Promise.withResolvers<NonNullable<any>>();
      const look = () => {
        const found = probe();
        if (found !== undefined && found !== false) resolve(found);
        else if (over) reject(new Error(`Waiting until ${what}: ${over.message}`));
      };
      const timer = setTimeout(
        () => reject(new Error(`Timed out after ${timeout_ms / 1_000} s waiting until ${what}.`)),
        timeout_ms,
      );
      probes.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        probes.delete(look);
      });
    },
    async close() {
      stop.abort();
      await reading;
    },
  };
}
