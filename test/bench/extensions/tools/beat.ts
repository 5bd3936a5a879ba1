import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';

/** Reports the time again and again, so that a reader knows how long the report took. */
export default defineTool({
  name: 'beat',
  description: 'Tells the time a number of times.',
  input: z.object({
    beats: z.int().positive(),
    every_ms: z.number(),
    schedule: z.enum(['when_idle', 'interrupt']),
  }),
  results: { min: 1, max: 'many' },
  async *run({ beats, every_ms, schedule }, call) {
    for (let beat = 0; beat < beats; beat += 1) {
      await sleep(every_ms, undefined, { signal: call.signal });
      yield call.result({ at: performance.timeOrigin + performance.now() }, { schedule });
    }
    return 'done';
  },
});
