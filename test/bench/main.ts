/** `npm run bench -- NAME`: each bench ends with one line of JSON that holds its figures. */
import { asyncHelp, asynchronous } from './async.ts';
import { cpu, cpuHelp } from './cpu.ts';
import { crowd, crowdHelp } from './crowd.ts';
import { fairness, fairnessHelp } from './fairness.ts';
import { growth } from './growth.ts';
import { idle, idleHelp } from './idle.ts';
import { latency, latencyHelp } from './latency.ts';
import { mcp, mcpHelp } from './mcp.ts';
import { page, pageHelp } from './page.ts';
import { races, racesHelp } from './races.ts';
import { readers, readersHelp } from './readers.ts';
import { recovery, recoveryHelp } from './recovery.ts';
import { scale, scaleHelp } from './scale.ts';
import { search, searchHelp } from './search.ts';
import { start, startHelp } from './start.ts';
import { throughput, throughputHelp } from './throughput.ts';
import { tokens, tokensHelp } from './tokens.ts';
import { turn } from './turn.ts';

interface Bench {
  run(args: string[]): Promise<object>;
  help: string;
}

const benches: Record<string, Bench> = {
  turn: { run: turn, help: 'npm run bench -- turn [--turns 200]' },
  growth: { run: growth, help: 'npm run bench -- growth [--turns 5000]' },
  cpu: { run: cpu, help: cpuHelp },
  throughput: { run: throughput, help: throughputHelp },
  idle: { run: idle, help: idleHelp },
  races: { run: races, help: racesHelp },
  readers: { run: readers, help: readersHelp },
  latency: { run: latency, help: latencyHelp },
  tokens: { run: tokens, help: tokensHelp },
  scale: { run: scale, help: scaleHelp },
  start: { run: start, help: startHelp },
  recovery: { run: recovery, help: recoveryHelp },
  async: { run: asynchronous, help: asyncHelp },
  crowd: { run: crowd, help: crowdHelp },
  fairness: { run: fairness, help: fairnessHelp },
  mcp: { run: mcp, help: mcpHelp },
  page: { run: page, help: pageHelp },
  search: { run: search, help: searchHelp },
};

const [name = 'turn', ...args] = process.argv.slice(2);
const bench = benches[name];
if (!bench || args.includes('--help')) {
  const lines = bench ? [bench] : Object.values(benches);
  console.log(lines.map(({ help }) => help).join('\n'));
  process.exit(bench || name === '--help' ? 0 : 2);
}
console.log(JSON.stringify(await bench.run(args)));
