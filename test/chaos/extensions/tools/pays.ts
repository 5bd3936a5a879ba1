import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';
import { happen, happenOnce } from '../ledger.ts';

/** A payment that a person has agreed to. The other side is told the key of the call, where the call has one. */
export default ({ home }: { home: string }) =>
  defineTool({
    name: 'pays',
    description: 'Pays a bill.',
    input: z.object({ key: z.string(), pause_ms: z.int().min(0).max(60_000) }),
    approval: { question: 'Pay it?' },
    async run({ key, pause_ms }, call) {
      const { idempotency_key } = call as { idempotency_key?: string };
      const paid = { call_id: call.id, tool: 'pays', effect: 'paid', key, idempotency_key };
      await sleep(pause_ms, undefined, { signal: call.signal });
      if (idempotency_key === undefined)
        happen(home, { ...paid, restart: 'resume', body: randomUUID() });
      else happenOnce(home, idempotency_key, paid);
      await sleep(pause_ms, undefined, { signal: call.signal });
      return { paid: key };
    },
  });
