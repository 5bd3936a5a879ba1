/** The ledger of effects that happen inside a worker. */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface LedgerEffect {
  call_id: string;
  tool: string;
  effect: string;
  /** Identifies what the user wanted. */
  key: string;
  restart?: 'resume' | 'fail';
  /** Which start of the tool's body. */
  body?: string;
  idempotency_key?: string;
}

/** Without a pause in between: a process that is stopped has done it, or has not. */
export function happen(home: string, effect: LedgerEffect): void {
  const line = { ...effect, pid: process.pid, at: Date.now() };
  const file = openSync(join(home, 'ledger.jsonl'), 'a');
  writeSync(file, `${JSON.stringify(line)}\n`);
  fsyncSync(file);
  closeSync(file);
}

/**
 * Happens once however often it is asked for: the other side knows the key, as a payment service does.
 * @returns false: it had happened before
 */
export function happenOnce(home: string, key: string, effect: LedgerEffect): boolean {
  const folder = join(home, 'effects', encodeURIComponent(key));
  mkdirSync(folder, { recursive: true });
  try {
    // The second one is refused.
    closeSync(openSync(join(folder, effect.effect.replaceAll(' ', '-')), 'wx'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  happen(home, effect);
  return true;
}
