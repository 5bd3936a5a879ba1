import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';

/** Tells a rate after each of the waits; every second time it cuts in. */
export default defineTool({
  name: 'watch',
  description: 'Watches the exchange rate, and tells it each time that it changes.',
  input: z.object({ waits_ms: z.array(z.number()) }),
  results: { min: 1, max: 'many' },
  async *run({ waits_ms }, call) {
    for (const [nth, ms] of waits_ms.entries()) {
      await sleep(ms, undefined, { signal: call.signal });
      yield call.result({ rate: nth }, { schedule: nth % 2 === 0 ? 'interrupt' : 'when_idle' });
    }
    return 'The market has closed.';
  },
});
