/** Worker processes of one home look after each other: who finds another dead hands over what it had. */
import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Journal, journalsIn, type Left, takeJournal } from './journal.ts';

export interface Siblings {
  /** Resolves when nothing is being handed over any more. */
  close(): Promise<void>;
}

/** Looking costs a folder's listing, and a lock that is not free for each of the others. */
const LOOK_MS = 250;

/** What another machine has left, or this one before it was started again: nobody needs it by then. */
const KEPT_MS = 24 * 3_600_000;
/** Temporal may be away, for a while: after that its own time-outs have done the same. */
const MOST_TRIES = 40;

/**
 * A folder may be shared by machines whose locks do not reach each other: only the dead of this one are known to be dead.
 * @param own not looked at
 * @param handOver throws where it is to be tried again with the next look
 */
export function watchSiblings(
  folder: string,
  own: Journal,
  handOver: (left: Left) => Promise<void>,
  warn: (message: string, error: unknown) => void,
): Siblings {
  mkdirSync(folder, { recursive: true });
  const stopping = new AbortController();
  /** Said once, and not four times a second. */
  let told = '';
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look().then(
        () => (told = ''),
        (error: unknown) => {
          if (told === String(error)) return;
          told = String(error);
          warn('A dead worker may not be handed over yet.', error);
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
