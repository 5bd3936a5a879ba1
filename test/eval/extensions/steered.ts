/** What the tools of the evaluation do is said from outside, step by step: nothing depends on the speed of a machine. */
import type { CallContext, CallYield } from 'meanwhile';

/** One thing that a call brings. `data` cannot be guessed. */
export type SteeredYield = { type: 'result' | 'end'; data: unknown };

/**
 * The body of a tool: asks EVAL_STEERING_URL for each of its steps and waits as long as it takes.
 * @throws Error if no evaluation answers there, or it has ended
 */
export async function* steered(call: CallContext): AsyncGenerator<CallYield, unknown, void> {
  for (let n = Number(call.checkpoint ?? 0) + 1; ; n += 1) {
    const { type, data } = await nextStep(call, n);
    if (type === 'end') return data;
    yield call.result(data, { checkpoint: n });
  }
}

async function nextStep({ id, signal }: CallContext, n: number): Promise<SteeredYield> {
  const url = process.env['EVAL_STEERING_URL'];
  if (!url) throw new Error('EVAL_STEERING_URL is not set: only `npm run eval` steers this tool.');
  for (;;) {
    const response = await fetch(`${url}/${id}/${n}`, { signal });
    if (response.status === 200) return (await response.json()) as SteeredYield;
    // 204: not yet. It is asked again, since no connection stays open for hours.
    if (response.status !== 204) throw new Error(`Steering answered ${response.status}.`);
  }
}
