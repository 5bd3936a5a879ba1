/** Writes how a call ended. Once the store has it, no process runs the call again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { insist } from '../insist.ts';
import { raceAbort } from '../race-abort.ts';

export interface EndToWrite {
  /** False when the call no longer belongs to this process. */
  write(): Promise<boolean>;
  /** Whether the current attempt is here, and can report the end to Temporal. */
  isAttended(): boolean;
  /** The call's. If it aborts meanwhile, the caller no longer waits. */
  signal: AbortSignal;
  /** Its workflow has ended, so there is nowhere to write it. */
  closing: AbortSignal;
  warn(message: string, error: unknown): void;
}

/**
 * `unwritten`: the store has not answered, and still may accept it: the writing goes on. It cannot do harm, since the store refuses
 * the end when another process has taken the call over.
 */
export async function writeEnd({
  write,
  isAttended,
  signal,
  closing,
  warn,
}: EndToWrite): Promise<'written' | 'refused' | 'unwritten'> {
  const giveUp = AbortSignal.any([AbortSignal.timeout(WRITE_MS), closing]);
  const writing = insist(write, giveUp, (error) =>
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
    // Temporal schedules no other attempt once this one has reported the end. The store learns of it when it is back.
    if (isAttended()) return 'unwritten';
  }
}

const WRITE_MS = 60_000;
/** How long a worker may withhold from Temporal the end of a call: it may be killed meanwhile. */
const ATTENDED_MS = 1_000;
