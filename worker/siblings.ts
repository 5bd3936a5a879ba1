/** Worker processes of one home watch each other: one that finds another dead hands over its work. */
import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Journal, journalsIn, type Left, takeJournal } from './journal.ts';

export interface Siblings {
  /** Resolves when no handover is in progress. */
  close(): Promise<void>;
}

/** A look costs one folder listing and one failed lock attempt for each other process. */
const LOOK_MS = 250;

/** How long journals are kept that another machine has left, or this one before a reboot. Nothing needs them after that. */
const KEPT_MS = 24 * 3_600_000;
/** Temporal may be unavailable for a while. After this many tries its own timeouts have had the same effect. */
const MOST_TRIES = 40;

/**
 * Several machines may share the folder without seeing each other's locks: only processes of this machine are known to be dead.
 * @param own the journal of this process, which is skipped
 * @param handOver throws when it should be retried with the next look
 */
export function watchSiblings(
  folder: string,
  own: Journal,
  handOver: (left: Left) => Promise<void>,
  warn: (message: string, error: unknown) => void,
): Siblings {
  mkdirSync(folder, { recursive: true });
  const stopping = new AbortController();
  /** An error is reported once, not four times a second. */
  let told = '';
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look().then(
        () => (told = ''),
        (error: unknown) => {
          if (told === String(error)) return;
          told = String(error);
          warn('The work of a dead worker may not have been handed over yet.', error);
        },
      );
      await sleep(LOOK_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  })();

  const tries = new Map<string, number>();
  const isHopeless = (name: string) => {
    const before = tries.get(name) ?? 0;
    tries.set(name, before + 1);
    return before >= MOST_TRIES;
  };

  async function look(): Promise<void> {
    const names = journalsIn(await readdir(folder)).filter((name) => name !== own.name);
    for (const name of names) {
      if (stopping.signal.aborted) return;
      const taken = takeJournal(folder, name);
      if (!taken) continue;
      try {
        const { left } = taken;
        if (left && left.boot !== own.boot && Date.now() - left.written_at < KEPT_MS) continue;
        if (left && left.boot === own.boot && !isHopeless(name)) await handOver(left);
        taken.remove();
        tries.delete(name);
      } finally {
        taken.release();
      }
    }
  }

  return {
    async close() {
      stopping.abort();
      await watching;
    },
  };
}
