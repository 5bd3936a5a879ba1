import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';

/** Goes from 1 to 100 percent, and writes down when it truly was where. */
export default ({ home }: { home: string }) =>
  defineTool({
    name: 'steps',
    description: 'Takes 100 steps.',
    input: z.object({ nth: z.int(), every_ms: z.number() }),
    results: { min: 1, max: 'many' },
    report: 'every 25 percent',
    async *run({ nth, every_ms }, call) {
      const note = async (percent: number) => {
        const line = { call_id: call.id, percent, at: Date.now() };
        await appendFile(join(home, 'steps.jsonl'), `${JSON.stringify(line)}\n`);
      };
      await note(0);
      for (let percent = 1; percent <= 100; percent += 1) {
        await sleep(every_ms, undefined, { signal: call.signal });
        yield call.progress(percent, `step ${percent} of job ${nth}`);
        await note(percent);
      }
      return { done: nth };
    },
  });
