import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';

export interface RememberedOptions<Value> {
  read(name: string): Promise<Value>;
  /** Values that are remembered at most. */
  max: number;
  /** How long a value is used without reading it again. Milliseconds. */
  fresh_ms: number;
  /** Milliseconds since any fixed moment, by a clock that does not jump: a value must not stay fresh because the wall clock was set back. */
  now?(): number;
}

export interface Remembered<Value> {
  /**
   * Concurrent calls read once. When reading fails, or takes long, the last value is used, however old.
   * @throws what `read` throws if there is none
   */
  get(name: string): Promise<Value>;
  forget(): void;
}

export function remembered<Value>({
  read,
  max,
  fresh_ms,
  now = () => performance.now(),
}: RememberedOptions<Value>): Remembered<Value> {
  const known = new LRUCache<string, { value: Value; at: number }>({ max });
  let reading = new Map<string, Promise<Value>>();

  async function readNow(name: string): Promise<Value> {
    const under = reading;
    const at = now();
    try {
      const value = await read(name);
      // What was read before everything was forgotten may be out of date.
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
    forget() {
      known.clear();
      reading = new Map();
    },
  };
}

/** A store that does not answer must not hold up every request. */
const PATIENCE_MS = 500;
