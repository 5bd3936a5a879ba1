import { Context } from '@temporalio/activity';
import type { CallStart } from '../../contract/call.ts';
import { stopAllKept } from '../../tools/keeper/attempts.ts';
import { HeldElsewhere, type Spools } from '../../tools/keeper/spools.ts';
import { heldElsewhere } from './held-elsewhere.ts';

/**
 * The activity stops the call's programs on this host, and keeps new ones from starting.
 * @throws ApplicationFailure `HeldElsewhere`, to be retried by a worker on the host that has the call
 */
export function createStopProgram({ spools }: { spools: Spools }) {
  return async function stopProgram({ conversation, call_id }: CallStart): Promise<void> {
    const { cancellationSignal } = Context.current();
    try {
      await stopAllKept(await spools.open(conversation, call_id, cancellationSignal));
    } catch (error) {
      if (error instanceof HeldElsewhere) throw heldElsewhere(error);
      // The folder was removed, which never happens while a process in it is alive.
      if ((error as Error).name !== 'SpoolLost') throw error;
    } finally {
      spools.release(conversation, call_id);
    }
  };
}
