/**
 * Turns a second when many conversations talk at once, each without a pause, for this service and for bare workflows (bare/), on the
 * same Temporal server and with the same model. The two take turns. Client, model and Temporal share the machine with both.
 */
import { parseArgs } from 'node:util';
import { startBare } from './bare/turns.ts';
import { percentile, ratio } from './figures.ts';
import { onGround } from './ground.ts';
import { startSilentModel } from './silent-model.ts';
import { startTalk, type Talk } from './talk.ts';

export const throughputHelp = `npm run bench -- throughput [--conversations 50] [--turns 60]
  Turns a second of conversations that talk without a pause, this service against bare workflows. --turns: of each.`;

const MODEL_LATENCY_MS = 20;
/** Turns of a conversation before it is the other side's turn. The first block of each warms up. */
const BLOCK = 10;

interface Measured {
  /** Milliseconds from a message to the end of its answer. */
  turns: number[];
  /** Milliseconds in which they took place. */
  time: number;
}

export async function throughput(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      conversations: { type: 'string', default: '50' },
      turns: { type: 'string', default: '60' },
    },
  });
  const conversations = Number(values.conversations);
  const blocks = Math.ceil(Number(values.turns) / BLOCK);
  const model = await startSilentModel(() => {}, MODEL_LATENCY_MS);
  try {
    return await onGround(async (ground) => {
      const service = await ground.service(model.url);
      const bare = await startBare(ground, model.url);
      const numbers = Array.from({ length: conversations }, (_, nth) => nth);
      const ours = await Promise.all(numbers.map(() => startTalk(service)));
      const talks = { ours, bare: numbers.map((nth) => bare(`bare/${nth}`)) };
      const measured = { ours: nothing(), bare: nothing() };
      for (let block = 0; block <= blocks; block += 1) {
        for (const side of ['ours', 'bare'] as const) {
          const taken = await play(talks[side]);
          if (block === 0) continue;
          measured[side].turns.push(...taken.turns);
          measured[side].time += taken.time;
        }
        if (block === 0) continue;
        console.log(`${block} of ${blocks} blocks: ${JSON.stringify(summarise(measured))}`);
      }
      await Promise.all(ours.map((talk) => talk.close()));
      return { bench: 'throughput', conversations, ...summarise(measured) };
    });
  } finally {
    await model.close();
  }
}

const nothing = (): Measured => ({ turns: [], time: 0 });

async function play(talks: Talk[]): Promise<Measured> {
  const turns: number[] = [];
  const begin = performance.now();
  const lanes = talks.map(async (talk, nth) => {
    for (let i = 0; i < BLOCK; i += 1) {
      const sent = performance.now();
      const { answered } = await talk.send(`Message ${i} to ${nth}, please.`);
      turns.push((await answered) - sent);
    }
  });
  await Promise.all(lanes);
  return { turns, time: performance.now() - begin };
}

const summarise = ({ ours, bare }: Record<'ours' | 'bare', Measured>) => ({
  ours: figures(ours),
  bare: figures(bare),
  ratio: ratio(perSecond(ours), perSecond(bare)),
});

const perSecond = ({ turns, time }: Measured) => (turns.length * 1_000) / time;

const figures = (measured: Measured) => ({
  turns_per_second: Math.round(perSecond(measured) * 10) / 10,
  turn_p50_ms: percentile(measured.turns, 50),
  turn_p95_ms: percentile(measured.turns, 95),
});
