import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';

export interface LookupCacheOptions<Value> {
  read(name: string): Promise<Value>;
  /** The most values that are kept. */
  max: number;
  /** How long a value is used without reading it again. Milliseconds. */
  fresh_ms: number;
  /** Milliseconds by a clock that does not jump: a value must not stay fresh because the wall clock was set back. */
  now?(): number;
}

export interface LookupCache<Value> {
  /**
   * Concurrent calls read once. If reading fails, or takes longer than 500 ms, the last value is returned, however old.
   * @throws the error of `read` if there is no last value
   */
  get(name: string): Promise<Value>;
  /** Values that are being read are not kept either. */
  clear(): void;
}

export function createLookupCache<Value>({
  read,
  max,
  fresh_ms,
  now = () => performance.now(),
}: LookupCacheOptions<Value>): LookupCache<Value> {
  const known = new LRUCache<string, { value: Value; at: number }>({ max });
  let reading = new Map<string, Promise<Value>>();

  async function readNow(name: string): Promise<Value> {
    const under = reading;
    const at = now();
    try {
      const value = await read(name);
      // A value that was read before `clear` may be out of date.
      if (under === reading) known.set(name, { value, at });
      return value;
    } catch (error) {
      const last = known.get(name);
      if (last) return last.value;
      throw error;
    } finally {
      under.delete(name);
    }
  }

  return {
    async get(name) {
      const last = known.get(name);
      if (last && now() - last.at < fresh_ms) return last.value;
      const value = reading.get(name) ?? readNow(name);
      reading.set(name, value);
      if (!last) return value;
      const late = new AbortController();
      const waited = sleep(PATIENCE_MS, last.value, { ref: false, signal: late.signal });
      waited.catch(() => {});
      return Promise.race([value, waited]).finally(() => late.abort());
    },
    clear() {
      known.clear();
      reading = new Map();
    },
  };
}

/** A store that does not answer must not delay every request. */
const PATIENCE_MS = 500;
