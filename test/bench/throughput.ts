/**
 * Turns a second when many conversations talk at once, each without a pause, for this service and for bare workflows (bare/), on the
 * same Temporal server and with the same model. The two take turns. Client, model and Temporal share the machine with both.
 */
import { type BenchBlock, playBlocks, readBlocks, type BenchSide } from './blocks.ts';
import { percentile, ratio } from './figures.ts';
import { onGround } from './ground.ts';
import { startSilentModel } from './silent-model.ts';

export const throughputHelp = `npm run bench -- throughput [--conversations 50] [--turns 60]
  Turns per second of conversations that never pause: this service against bare workflows. --turns: per conversation.`;

const MODEL_LATENCY_MS = 20;

type Measured = Pick<BenchBlock, 'turns' | 'time'>;

export async function throughput(args: string[]): Promise<object> {
  const { conversations, blocks } = readBlocks(args);
  const model = await startSilentModel(() => {}, MODEL_LATENCY_MS);
  const measured = { ours: nothing(), bare: nothing() };
  try {
    await onGround((ground) =>
      playBlocks({
        ground,
        model: model.url,
        conversations,
        blocks,
        around: async () => async (block) => {
          add(measured, block);
          if (block.side === 'ours') return;
          const so = JSON.stringify(summarise(measured));
          console.log(`${block.number} of ${blocks} blocks: ${so}`);
        },
      }),
    );
    return { bench: 'throughput', conversations, ...summarise(measured) };
  } finally {
    await model.close();
  }
}

const nothing = (): Measured => ({ turns: [], time: 0 });

function add(measured: Record<BenchSide, Measured>, { side, turns, time }: BenchBlock): void {
  measured[side].turns.push(...turns);
  measured[side].time += time;
}

const summarise = ({ ours, bare }: Record<BenchSide, Measured>) => ({
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
