/**
 * A store that retries instead of failing at once: work under way survives an outage of the database, and continues within a second
 * after it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';

export interface Patience {
  /** For calls whose caller has a short time limit, such as a local activity. Milliseconds; default 8,000. */
  short_ms?: number;
  /** For calls of a reply or a result, which would otherwise be requested and paid for again. Milliseconds; default ten minutes. */
  long_ms?: number;
  /** Waits between two attempts; for tests. */
  pause?(milliseconds: number): Promise<unknown>;
  /** Milliseconds since any fixed moment; for tests. */
  now?(): number;
}

/** Retries only calls that may be repeated even if they took effect: see each method of Store. */
export function patient(store: Store, patience: Patience = {}): Store {
  const { short_ms = 8_000, long_ms = 600_000, now = () => performance.now() } = patience;
  const { pause = (milliseconds) => sleep(milliseconds, undefined, { ref: false }) } = patience;
  let isClosed = false;

  async function retry<T>(attempt: () => Promise<T>, patience_ms: number): Promise<T> {
    const begin = now();
    for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || isClosed) throw error;
        if (now() + pause_ms > begin + patience_ms) throw error;
      }
      await pause(pause_ms);
    }
  }

  const retrying = <M extends keyof Store>(method: M, patience_ms: number): Store[M] =>
    ((...args: never[]) =>
      retry(
        () => (store[method] as (...given: never[]) => Promise<unknown>)(...args),
        patience_ms,
      )) as Store[M];

  return {
    open: retrying('open', short_ms),
    record: retrying('record', short_ms),
    writer: retrying('writer', short_ms),
    closeGone: retrying('closeGone', short_ms),
    conversation: retrying('conversation', short_ms),
    list: retrying('list', short_ms),
    search: retrying('search', short_ms),
    entries: retrying('entries', short_ms),
    follow: retrying('follow', short_ms),
    marks: retrying('marks', short_ms),
    setProgress: retrying('setProgress', short_ms),
    progress: retrying('progress', short_ms),
    claim: retrying('claim', short_ms),
    prune: retrying('prune', short_ms),
    due: retrying('due', short_ms),
    retire: retrying('retire', short_ms),
    retired: retrying('retired', short_ms),
    queueUp: retrying('queueUp', short_ms),
    firstInQueue: retrying('firstInQueue', short_ms),
    leaveQueues: retrying('leaveQueues', short_ms),

    window: retrying('window', long_ms),
    draft: retrying('draft', long_ms),
    beginDraft: retrying('beginDraft', long_ms),
    appendDraft: retrying('appendDraft', long_ms),
    keepResult: retrying('keepResult', long_ms),
    result: retrying('result', long_ms),
    tokensSpent: retrying('tokensSpent', long_ms),
    // An amount that was added twice could not be corrected, so one that may have been added is not added again.
    spendTokens: (of, amount) =>
      retry(() => store.spendTokens(of, amount).catch(unlessMaybeDone), long_ms),

    erasedCalls: retrying('erasedCalls', short_ms),

    // A worker never erases, and never uses keys.
    erase: store.erase,
    addKey: store.addKey,
    findKey: store.findKey,
    listKeys: store.listKeys,
    hasKeys: store.hasKeys,
    endKey: store.endKey,
    usedKeys: store.usedKeys,

    // The rules for holding a call depend on time, so the holder itself decides how long it waits.
    renewHolder: store.renewHolder,
    retireHolder: store.retireHolder,
    holdCall: store.holdCall,
    endCall: store.endCall,
    releaseCall: store.releaseCall,

    close() {
      isClosed = true;
      return store.close();
    },
  };
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

function unlessMaybeDone(error: unknown): void {
  if (!(error instanceof StoreUnavailable) || !error.mayBeDone) throw error;
}
