/** Removes the folders of calls whose conversations were erased, on every host that has one. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../store/store.ts';
import { spoolName } from '../tools/keeper/spools.ts';

export interface SweepErasedOptions {
  root: string;
  store: Pick<Store, 'erasedCalls'>;
  /** Whether a worker in this process is running the call of this folder. */
  isInUse(folder: string): boolean;
  warn: (message: string, error: unknown) => void;
}

/** The interval between sweeps. Milliseconds. */
export const ERASED_MS = 60_000;

/** On a host that was down for longer, the folders are removed by their age (tools/keeper/sweep.ts). */
const LOOK_BACK_MS = 24 * 3_600_000;

/** Sweeps now and every minute. The timer keeps no process alive; clear it to stop. */
export function sweepErasedRegularly(options: SweepErasedOptions): NodeJS.Timeout {
  const sweep = () =>
    void sweepErased(options, Date.now()).catch((error) =>
      options.warn(
        'Folders of erased conversations were not removed. Retrying in a minute.',
        error,
      ),
    );
  sweep();
  return setInterval(sweep, ERASED_MS).unref();
}

/** @param now milliseconds since 1970 */
export async function sweepErased(
  { root, store, isInUse }: Omit<SweepErasedOptions, 'warn'>,
  now: number,
): Promise<void> {
  for (const call of await store.erasedCalls(new Date(now - LOOK_BACK_MS).toISOString())) {
    const name = spoolName(call, call.call_id);
    // A call of a closed conversation was cancelled; the next sweep comes after its end.
    if (!isInUse(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}
