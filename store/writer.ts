/** Reads which run writes the log of a conversation, and which of its calls are running. */
import type { Head } from '../contract/head.ts';
import type { Db } from './schema.ts';
import type { Store, Writer } from './store.ts';

export const writers = (db: Db): Pick<Store, 'writer'> => ({
  async writer({ tenant, id }): Promise<Writer | undefined> {
    const row = await db
      .selectFrom('conversations')
      .select(['fence_run_id', 'last_seq', 'status', 'head'])
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) return undefined;
    const { fence_run_id, last_seq, status, head } = row;
    return {
      ...(fence_run_id !== null && { run_id: fence_run_id }),
      last_seq,
      status,
      calls: runningCallsOf(head),
    };
  },
});

/** Ids of the calls that have a workflow, or are about to get one. */
export const runningCallsOf = ({ calls }: Head): string[] =>
  calls.filter(({ status }) => status === 'running').map(({ id }) => id);
