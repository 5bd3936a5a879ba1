/**
 * What conversations cost a worker that have said something and then say nothing: memory of the service's process (worker, API and
 * store in one) after more and more of them. Its heap is bounded to 512 MiB, so that the cache of workflows, 600 for each GiB of heap,
 * is full early: what grows after that is not the cache.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Meanwhile } from '../../client/meanwhile.ts';
import { onGround } from './ground.ts';
import { startSilentModel } from './silent-model.ts';

export const idleHelp = `npm run bench -- idle [--most 4000]
  Memory of the service with a growing number of idle conversations.`;

const HEAP_MIB = 512;
const SAMPLED = [250, 500, 1_000, 2_000, 4_000, 8_000];
const AT_ONCE = 8;
/** By then everything unused has been released. */
const REST_MS = 5_000;

export async function idle(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { most: { type: 'string', default: '4000' } } });
  const model = await startSilentModel(() => {}, 5);
  try {
    return await onGround(async (ground) => {
      const settings = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` };
      const { base, client } = await ground.service(model.url, settings);
      const samples: { conversations: number; rss_mb: number }[] = [];
      let begun = 0;
      for (const conversations of SAMPLED.filter((count) => count <= Number(values.most))) {
        const lanes = Array.from({ length: AT_ONCE }, async () => {
          while (begun < conversations) {
            begun += 1;
            await talkOnce(client);
          }
        });
        await Promise.all(lanes);
        await sleep(REST_MS);
        samples.push({ conversations, rss_mb: await residentMegabytes(base) });
        console.log(JSON.stringify(samples.at(-1)));
      }
      return { bench: 'idle', heap_mib: HEAP_MIB, samples };
    });
  } finally {
    await model.close();
  }
}

async function talkOnce(client: Meanwhile): Promise<void> {
  const { id } = await client.post('/v1/conversations', { message: { text: 'Hello.' } });
  for (;;) {
    const { last_seq, status } = await client.get(`/v1/conversations/${id}`);
    if (status === 'idle' && last_seq >= 3) return;
    await sleep(20);
  }
}

async function residentMegabytes(base: string): Promise<number> {
  const metrics = await (await fetch(`${base}/metrics`)).text();
  const bytes = /^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1];
  if (bytes === undefined) throw new Error('The service does not say how much memory it has.');
  return Math.round(Number(bytes) / 1e6);
}
