/** What tools of tests have done, as they wrote it down themselves: a line a step. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { removeFolder } from './remove-folder.ts';

export interface LedgerStep {
  key: string;
  step: number;
  /** The process that took the step. */
  pid: number;
}

export interface Ledger {
  path: string;
  steps(): Promise<LedgerStep[]>;
  /** Resolves when this number of steps has been taken. */
  reaches(count: number): Promise<void>;
}

export async function createLedger(): Promise<Ledger> {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-ledger-'));
  onTestFinished(() => removeFolder(folder));
  const path = join(folder, 'ledger');
  const steps = async () => {
    const text = await readFile(path, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [key = '', step, pid] = line.split(' ');
        return { key, step: Number(step), pid: Number(pid) };
      });
  };
  return {
    path,
    steps,
    reaches: (count) =>
      expect
        .poll(async () => (await steps()).length, { timeout: 120_000 })
        .toBeGreaterThanOrEqual(count),
  };
}
