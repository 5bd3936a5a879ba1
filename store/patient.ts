/**
 * A store that retries instead of failing at once: work under way survives a database that is unavailable for a while, and
 * continues within a second of its return.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';

export interface Patience {
  /** For calls whose caller has little time itself, such as a local activity. Milliseconds; default 8,000. */
  short_ms?: number;
  /** For calls of a reply or a result, which would otherwise be requested and paid for again. Milliseconds; default ten minutes. */
  long_ms?: number;
  /** Waits between two attempts; for tests. */
  pause?(milliseconds: number): Promise<unknown>;
  /** Milliseconds since any fixed moment; for tests. */
  now?(): number;
}

/** Every call made here may be repeated, whether or not it took effect: see each method of Store. */
export function patient(store: Store, patience: Patience = {}): Store {
  const { short_ms = 8_000, long_ms = 600_000, now = () => performance.now() } = patience;
  const { pause = (milliseconds) => sleep(milliseconds, undefined, { ref: false }) } = patience;
  let isClosed = false;

  async function insist<T>(attempt: () => Promise<T>, patience_ms: number): Promise<T> {
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

  const waiting = <M extends keyof Store>(method: M, patience_ms: number): Store[M] =>
    ((...args: never[]) =>
      insist(
        () => (store[method] as (...given: never[]) => Promise<unknown>)(...args),
        patience_ms,
      )) as Store[M];

  return {
    open: waiting('open', short_ms),
    record: waiting('record', short_ms),
    writer: waiting('writer', short_ms),
    closeGone: waiting('closeGone', short_ms),
    conversation: waiting('conversation', short_ms),
    list: waiting('list', short_ms),
    entries: waiting('entries', short_ms),
    follow: waiting('follow', short_ms),
    marks: waiting('marks', short_ms),
    setProgress: waiting('setProgress', short_ms),
    progress: waiting('progress', short_ms),
    claim: waiting('claim', short_ms),
    prune: waiting('prune', short_ms),
    queueUp: waiting('queueUp', short_ms),
    firstInQueue: waiting('firstInQueue', short_ms),
    leaveQueues: waiting('leaveQueues', short_ms),

    window: waiting('window', long_ms),
    draft: waiting('draft', long_ms),
    beginDraft: waiting('beginDraft', long_ms),
    appendDraft: waiting('appendDraft', long_ms),
    keepResult: waiting('keepResult', long_ms),
    result: waiting('result', long_ms),
    tokensSpent: waiting('tokensSpent', long_ms),
    // Adding twice would be wrong forever, so an amount that may have been added is not added again.
    spendTokens: (of, amount) =>
      insist(() => store.spendTokens(of, amount).catch(unlessMaybeDone), long_ms),

    // Holding a call depends on time: the holder decides itself how long it waits.
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
