import { Context } from '@temporalio/activity';
import type { CallStart } from '../../contract/call.ts';
import { type Catalogue, toolOfCall } from '../../tools/catalogue.ts';
import { isRemote } from '../../tools/define.ts';
import { stopAllKept } from '../../tools/keeper/attempts.ts';
import { HeldElsewhere, type Spools } from '../../tools/keeper/spools.ts';
import { heldElsewhere } from './held-elsewhere.ts';
import { idempotencyKey } from './run-body.ts';

/**
 * The activity stops the call's programs on this host, keeps new ones from starting, and has the tool end what the call began elsewhere.
 * @throws ApplicationFailure `HeldElsewhere`, to be retried by a worker on the host that has the call
 */
export function createStopProgram(dependencies: StopDependencies) {
  return async function stopProgram(start: CallStart): Promise<void> {
    try {
      await stopAllOf(dependencies, start, Context.current().cancellationSignal);
    } catch (error) {
      throw error instanceof HeldElsewhere ? heldElsewhere(error) : error;
    }
  };
}

export interface StopDependencies {
  spools: Spools;
  catalogue: Catalogue;
}

/** @throws HeldElsewhere if another host has the call */
export async function stopAllOf(
  { spools, catalogue }: StopDependencies,
  { conversation, call_id: id, tool: name, input }: CallStart,
  signal: AbortSignal,
): Promise<void> {
  try {
    const folder = await spools.open(conversation, id, signal);
    await stopAllKept(folder);
    const tool = await toolOfCall(catalogue, name);
    if (!tool || isRemote(tool)) return;
    const idempotency_key = idempotencyKey(conversation, id);
    await tool.withdraw?.({ id, input, folder, idempotency_key, signal });
  } catch (error) {
    // The folder was removed, which never happens while a process in it is alive.
    if ((error as Error).name !== 'SpoolLost') throw error;
  } finally {
    spools.release(conversation, id);
  }
}
