/** Many conversations that talk without a pause, in blocks of turns: this service and bare workflows take turns. */
import { parseArgs } from 'node:util';
import { startBare } from './bare/turns.ts';
import type { BenchServers } from './ground.ts';
import { startTalk, type BenchTalk } from './talk.ts';

/** Turns of a conversation before it is the other side's turn. The first block of each warms up. */
const BLOCK = 10;

const SIDES = ['ours', 'bare'] as const;
export type BenchSide = (typeof SIDES)[number];

export interface BenchBlock {
  side: BenchSide;
  /** From 1. */
  number: number;
  /** Milliseconds from a message to the end of its answer. */
  turns: number[];
  /** Milliseconds in which they took place. */
  time: number;
}

/** @param args `--conversations`, and `--turns` of each */
export function readBlocks(args: string[]): { conversations: number; blocks: number } {
  const { values } = parseArgs({
    args,
    options: {
      conversations: { type: 'string', default: '50' },
      turns: { type: 'string', default: '60' },
    },
  });
  return {
    conversations: Number(values.conversations),
    blocks: Math.ceil(Number(values.turns) / BLOCK),
  };
}

export interface BlocksOptions {
  ground: BenchServers;
  /** URL of the model server. */
  model: string;
  conversations: number;
  /** Of each side. */
  blocks: number;
  /** Around each block but the first of each side: called before, and what it gives with the block afterwards. */
  around(): Promise<(block: BenchBlock) => Promise<void>>;
}

export async function playBlocks(options: BlocksOptions): Promise<void> {
  const { ground, model, conversations, blocks, around } = options;
  const service = await ground.service(model);
  const bare = await startBare(ground, model);
  const numbers = Array.from({ length: conversations }, (_, nth) => nth);
  const ours = await Promise.all(numbers.map(() => startTalk(service)));
  const talks = { ours, bare: numbers.map((nth) => bare.talk(`bare/${nth}`)) };
  for (let number = 0; number <= blocks; number += 1) {
    for (const side of SIDES) {
      const over = number > 0 ? await around() : undefined;
      const played = await play(talks[side]);
      await over?.({ side, number, ...played });
    }
  }
  await Promise.all(ours.map((talk) => talk.close()));
}

async function play(talks: BenchTalk[]): Promise<Pick<BenchBlock, 'turns' | 'time'>> {
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
