/** A tool whose every step leaves a trace outside of the service: the call, the step, the process. */
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallContext, z } from 'meanwhile';

export const input = z.object({
  ledger: z.string(),
  steps: z.int(),
  step_ms: z.number(),
  checkpoints: z.boolean().default(false),
});

export async function* walk(
  { ledger, steps, step_ms, checkpoints }: z.infer<typeof input>,
  call: CallContext,
) {
  for (let step = Number(call.checkpoint ?? 0) + 1; step <= steps; step++) {
    await sleep(step_ms, undefined, { signal: call.signal });
    await appendFile(ledger, `${call.idempotency_key} ${step} ${process.pid}\n`);
    yield call.progress((100 * step) / steps, '', checkpoints ? { checkpoint: step } : {});
  }
  return { steps };
}
