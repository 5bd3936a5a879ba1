/** Folders for calls, on hosts that a test makes. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSpools, type Spools, type SpoolsOptions } from '../../tools/keeper/spools.ts';
import { removeFolder } from './remove-folder.ts';

/** Claims that every host sees, as in a store that they share. */
export function createClaims(): SpoolsOptions['claim'] {
  const holders = new Map<string, string>();
  return async (_, callId, host) => {
    const holder = holders.get(callId);
    if (holder === undefined) holders.set(callId, host);
    return { holder: holder ?? host, isNew: holder === undefined };
  };
}

/** Those of one host, gone after the test. */
export function createHost(claim = createClaims()): Spools & { root: string } {
  const root = join(tmpdir(), `spools-${randomUUID()}`);
  onTestFinished(() => removeFolder(root));
  return { ...createSpools({ root, claim }), root };
}
