import { join } from 'node:path';
import type { CallStart } from '../contract/turn.ts';
import { stopKept } from '../tools/keeper/attach.ts';

/** Resolves when no program of the call runs on this host. */
export function createStopProgram({ spools }: { spools: string }) {
  return async function stopProgram({ call_id }: CallStart): Promise<void> {
    await stopKept(join(spools, call_id));
  };
}
