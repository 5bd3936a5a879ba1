/** Writes the end of a call. Once the store has it, no process runs the call again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { retryWithBackoff } from '../retry-with-backoff.ts';
import { raceAbort } from '../race-abort.ts';

export interface EndToWrite {
  /** False when the call no longer belongs to this process. */
  write(): Promise<boolean>;
  /** Whether the current attempt is here, and can report the end to Temporal. */
  isAttended(): boolean;
  /** The signal of the call. When it aborts, the caller no longer waits. */
  signal: AbortSignal;
  /** Aborts when this process has handed over its calls and closes. */
  closing: AbortSignal;
  warn(message: string, error: unknown): void;
}

/**
 * `unwritten`: the store has not answered yet. Retries go on, and the store may still accept the end; it refuses the end if another
 * process has taken the call over, so late retries do no harm.
 */
export async function writeEnd({
  write,
  isAttended,
  signal,
  closing,
  warn,
}: EndToWrite): Promise<'written' | 'refused' | 'unwritten'> {
  const giveUp = AbortSignal.any([AbortSignal.timeout(WRITE_MS), closing]);
  const writing = retryWithBackoff(write, giveUp, (error) =>
    warn('The end of the call was not recorded. Retrying.', error),
  ).then(
    (isWritten) => (isWritten ? 'written' : 'refused'),
    () => 'unwritten' as const,
  );
  const waiting = signal.aborted
    ? writing
    : raceAbort(writing, signal).catch(() => 'unwritten' as const);
  for (;;) {
    const written = await Promise.race([waiting, sleep(ATTENDED_MS, undefined, { ref: false })]);
    if (written) return written;
    // Once this attempt has reported the end, Temporal schedules no other. The store gets the end when it is available again.
    if (isAttended()) return 'unwritten';
  }
}

const WRITE_MS = 60_000;
/** How long the report to Temporal waits for the store: the worker may be killed meanwhile. */
const ATTENDED_MS = 1_000;
