import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'job',
  description: 'Works for a number of milliseconds.',
  input: z.object({ nth: z.int(), ms: z.number() }),
  async run({ nth, ms }, { signal }) {
    await sleep(ms, undefined, { signal });
    return { done: nth };
  },
});
