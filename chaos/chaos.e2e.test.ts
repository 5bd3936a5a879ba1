import { expect, test } from 'vitest';
import { check } from './check/check.ts';
import { type Count, COUNTS } from './check/report.ts';
import { runChaos } from './run.ts';

const ZEROS = Object.fromEntries(Object.keys(COUNTS).map((count) => [count, 0])) as Record<
  Count,
  number
>;

test(
  'after 30 kills of everything, nothing is lost, doubled or stuck',
  { timeout: 600_000 },
  async () => {
    const said: string[] = [];
    const { evidence, surprises } = await runChaos({
      kills: 30,
      seed: 7,
      conversations: 8,
      log: (line) => void said.push(line),
    });
    const { findings, counts, size } = check(evidence);
    const words = [...findings.map((finding) => JSON.stringify(finding)), ...surprises];
    expect(words, said.join('\n')).toEqual([]);
    expect(counts).toEqual(ZEROS);
    expect(evidence.kills).toHaveLength(30);
    // Zeros of a run in which nothing happened would prove nothing.
    expect(size.messages).toBeGreaterThan(20);
    expect(size.calls).toBeGreaterThan(5);
    expect(size.effects).toBeGreaterThan(5);
  },
);
