import { expect, test } from 'vitest';
import { check } from './check/check.ts';
import { type Count, COUNTS } from './check/report.ts';
import { runChaos } from './run.ts';

const ZEROS = Object.fromEntries(Object.keys(COUNTS).map((count) => [count, 0])) as Record<
  Count,
  number
>;

/** One deck: every kind has its share. */
const FAULTS = 20;

/** Of the service and of what only a run with MCP has; those of everything else are in the other test. */
const MCP_TARGETS = ['worker', 'api', 'service', 'proxy', 'upstream', 'mcp program', 'mcp keeper'];

test(
  'after faults of every kind, nothing is lost, doubled or stuck',
  { timeout: 600_000 },
  async () => {
    const said: string[] = [];
    const { evidence, surprises } = await runChaos({
      faults: FAULTS,
      longest_ms: 7_000,
      seed: 7,
      conversations: 8,
      log: (line) => void said.push(line),
    });
    const { findings, counts, size } = check(evidence);
    const words = [...findings.map((finding) => JSON.stringify(finding)), ...surprises];
    expect(words, said.join('\n')).toEqual([]);
    expect(counts).toEqual(ZEROS);
    expect(evidence.faults).toHaveLength(FAULTS);
    for (const [kind, times] of Object.entries(size.kinds)) expect(times, kind).toBeGreaterThan(0);
    // Zeros of a run in which nothing happened would prove nothing.
    expect(size.messages).toBeGreaterThan(20);
    expect(size.calls).toBeGreaterThan(5);
    expect(size.effects).toBeGreaterThan(5);
  },
);

test(
  'after kills of MCP servers, of what calls them and of proxies, every result is told once',
  { timeout: 600_000 },
  async () => {
    const said: string[] = [];
    const { evidence, surprises } = await runChaos({
      faults: 10,
      kinds: ['kill'],
      targets: MCP_TARGETS,
      mcp: true,
      seed: 7,
      // A harness of each service.
      conversations: 4,
      log: (line) => void said.push(line),
    });
    const { findings, counts, size } = check(evidence);
    const words = [...findings.map((finding) => JSON.stringify(finding)), ...surprises];
    expect(words, said.join('\n')).toEqual([]);
    expect(counts).toEqual(ZEROS);
    expect(evidence.faults).toHaveLength(10);
    const { upstream = [], harnesses = [] } = evidence;
    expect(upstream.filter(({ does }) => does === 'begins').length).toBeGreaterThan(0);
    expect(harnesses.flatMap(({ calls }) => calls).length).toBeGreaterThan(0);
    expect(size.quick).toBeGreaterThan(0);
  },
);
