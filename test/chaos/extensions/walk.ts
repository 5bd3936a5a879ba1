/** The body of the tools whose effects have no keys: it looks at nothing that was done before, and the ledger shows a second start. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallContext, z } from 'meanwhile';
import { happen } from './ledger.ts';

export const input = z.object({
  key: z.string(),
  count: z.int().min(1).max(100),
  pause_ms: z.int().min(0).max(60_000),
});

export async function* walk(
  { key, count, pause_ms }: z.infer<typeof input>,
  call: CallContext,
  { home, tool, restart }: { home: string; tool: string; restart: 'resume' | 'fail' },
) {
  const body = randomUUID();
  const effect = (effect: string) =>
    happen(home, { call_id: call.id, tool, effect, key, restart, body });
  for (let step = Number(call.checkpoint ?? 0) + 1; step <= count; step += 1) {
    await sleep(pause_ms, undefined, { signal: call.signal });
    effect(`step ${step}`);
    yield call.progress((100 * step) / count, `step ${step}`, { checkpoint: step });
  }
  effect('done');
  return { walked: count };
}
