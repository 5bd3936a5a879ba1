/**
 * CPU of a turn: this service and bare workflows (bare/) on the same Temporal server and with the same model, each while many
 * conversations talk without a pause. What the client of the bench and the model cost is left out. Linux only.
 */
import { playBlocks, readBlocks, type BenchSide } from './blocks.ts';
import { ratio } from './figures.ts';
import { onGround } from './ground.ts';
import { cpuOf } from './processes.ts';
import { startSilentModel } from './silent-model.ts';

export const cpuHelp = `npm run bench -- cpu [--conversations 50] [--turns 60]
  CPU milliseconds per turn by component: this service against bare workflows. --turns: per conversation.`;

const MODEL_LATENCY_MS = 20;

/** Milliseconds of CPU by part. */
type Spent = Map<string, number>;

export async function cpu(args: string[]): Promise<object> {
  const { conversations, blocks } = readBlocks(args);
  const model = await startSilentModel(() => {}, MODEL_LATENCY_MS);
  const spent: Record<BenchSide, Spent> = { ours: new Map(), bare: new Map() };
  const turns: Record<BenchSide, number> = { ours: 0, bare: 0 };
  try {
    await onGround(async (ground) => {
      const read = async (): Promise<Spent> => {
        const [server, ...own] = ground.pids();
        const parts = await Promise.all([
          cpuOf(server!).then((threads) => [['temporal', sum(threads)] as const]),
          ...own.map(async (pid) => [...(await cpuOf(pid))]),
        ]);
        const all: Spent = new Map();
        for (const [part, ms] of parts.flat()) all.set(part, (all.get(part) ?? 0) + ms);
        return all;
      };
      await playBlocks({
        ground,
        model: model.url,
        conversations,
        blocks,
        async around() {
          const before = await read();
          return async ({ side, number, turns: taken }) => {
            const now = await read();
            const more = new Map(
              [...now].map(([part, ms]) => [part, ms - (before.get(part) ?? 0)]),
            );
            add(spent[side], more);
            turns[side] += taken.length;
            const ms = perTurn(sum(more), taken.length);
            console.log(`${number} of ${blocks} blocks, ${side}: ${ms} ms a turn`);
          };
        },
      });
    });
    const [ours, bare] = [spent.ours, spent.bare].map(sum) as [number, number];
    return {
      bench: 'cpu',
      conversations,
      ours_ms: perTurn(ours, turns.ours),
      bare_ms: perTurn(bare, turns.bare),
      ratio: ratio(ours / turns.ours, bare / turns.bare),
      by: byPart(spent.ours, turns.ours),
      bare_by: byPart(spent.bare, turns.bare),
    };
  } finally {
    await model.close();
  }
}

function add(spent: Spent, more: Spent): void {
  for (const [part, ms] of more) spent.set(part, (spent.get(part) ?? 0) + ms);
}

const sum = (spent: Spent) => [...spent.values()].reduce((all, ms) => all + ms, 0);
const perTurn = (ms: number, turns: number) => Math.round((ms / turns) * 100) / 100;

/** What costs a tenth of a millisecond or more, the largest first. */
function byPart(spent: Spent, turns: number): Record<string, number> {
  const parts = [...spent].map(([part, ms]) => [part, perTurn(ms, turns)] as const);
  return Object.fromEntries(parts.filter(([, ms]) => ms >= 0.1).toSorted(([, a], [, b]) => b - a));
}
