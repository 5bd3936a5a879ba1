import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';
import { happenOnce } from '../ledger.ts';

/** A tool that goes on from its checkpoint, and whose effects have keys. */
export default ({ home }: { home: string }) =>
  defineTool({
    name: 'saves',
    description: 'Saves a number of parts, with a pause before each.',
    input: z.object({
      key: z.string(),
      count: z.int().min(1).max(100),
      pause_ms: z.int().min(0).max(60_000),
    }),
    results: { min: 1, max: 'many' },
    restart: 'resume',
    async *run({ key, count, pause_ms }, call) {
      for (let part = Number(call.checkpoint ?? 0) + 1; part <= count; part += 1) {
        await sleep(pause_ms, undefined, { signal: call.signal });
        happenOnce(home, call.id, { call_id: call.id, tool: 'saves', effect: `part ${part}`, key });
        if (part % 2 === 0) yield call.result({ part }, { checkpoint: part });
        else yield call.progress((100 * part) / count, `part ${part}`, { checkpoint: part });
      }
      return { saved: count };
    },
  });
