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
export function createStopProgram({ spools, catalogue }: { spools: Spools; catalogue: Catalogue }) {
  return async function stopProgram(start: CallStart): Promise<void> {
    const { conversation, call_id: id, tool: name, input } = start;
    const { cancellationSignal: signal } = Context.current();
    try {
      const folder = await spools.open(conversation, id, signal);
      await stopAllKept(folder);
      const tool = await toolOfCall(catalogue, name);
      if (!tool || isRemote(tool)) return;
      const idempotency_key = idempotencyKey(conversation, id);
      await tool.withdraw?.({ id, input, folder, idempotency_key, signal });
    } catch (error) {
      if (error instanceof HeldElsewhere) throw heldElsewhere(error);
      // The folder was removed, which never happens while a process in it is alive.
      if ((error as Error).name !== 'SpoolLost') throw error;
    } finally {
      spools.release(conversation, id);
    }
  };
}
