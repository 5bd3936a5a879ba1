/** `npm run chaos -- --faults N --seed S [--topology T] [--kinds a,b] [--targets a,b] [--mcp] [--conversations C] [--keep DIR]` */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './check/check.ts';
import { isSound } from './check/report.ts';
import { closingLine } from './check/print.ts';
import { KINDS } from './evidence.ts';
import { isKind, withoutFault } from './faults/table.ts';
import { printRun } from './print.ts';
import { runChaos } from './run.ts';
import { TOPOLOGIES } from './servers.ts';

const USAGE = `Usage: npm run chaos -- [--faults N] [--seed S] [--topology T] [--kinds LIST] [--targets LIST] [--mcp] [--conversations C] [--keep DIR]

  --faults N         number of faults (30); --kills N is an alias
  --seed S           the same seed chooses the same faults, targets and moments (1)
  --topology T       small: Temporal's development server; cluster: Temporal on PostgreSQL, Redis, two APIs (small)
  --kinds LIST       only these kinds: ${KINDS.join(',')} (all)
  --targets LIST     only these targets, such as worker,proxy,upstream (all)
  --mcp              with MCP servers, and harnesses behind \`meanwhile mcp proxy\`, which are killed too
  --conversations C  concurrent conversations (12)
  --keep DIR         folder for the evidence and all process logs; must be new or empty

Ctrl-C stops the faults early and checks what has happened by then. A second Ctrl-C ends the run.`;

const { values } = parseArgs({
  options: {
    faults: { type: 'string' },
    kills: { type: 'string' },
    kinds: { type: 'string', default: KINDS.join(',') },
    seed: { type: 'string', default: '1' },
    targets: { type: 'string' },
    mcp: { type: 'boolean', default: false },
    conversations: { type: 'string', default: '12' },
    topology: { type: 'string', default: 'small' },
    keep: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const keep = values.keep === undefined ? undefined : resolve(values.keep);
  // What another run has left there would be taken for this one's.
  if (keep !== undefined && (await readdir(keep).catch(() => [])).length > 0) {
    console.error(`${keep} is not empty.`);
    process.exit(2);
  }
  const kinds = values.kinds.split(',').filter(Boolean);
  const unknown = kinds.filter((word) => !isKind(word));
  if (unknown.length > 0 || kinds.length === 0) {
    console.error(`Unknown kind "${unknown.join(', ')}". Kinds are ${KINDS.join(', ')}.`);
    process.exit(2);
  }
  const targets = values.targets?.split(',').filter(Boolean);
  const unfit = targets && withoutFault(kinds.filter(isKind), targets);
  if (unfit && unfit.length > 0) {
    console.error(`No fault of these kinds has these targets: ${unfit.join(', ')}.`);
    process.exit(2);
  }
  const topology = TOPOLOGIES.find((name) => name === values.topology);
  if (topology === undefined) {
    console.error(`Unknown topology "${values.topology}". It is ${TOPOLOGIES.join(' or ')}.`);
    process.exit(2);
  }
  const stopping = new AbortController();
  process.once('SIGINT', () => {
    console.log('No more faults. Ctrl-C again ends the run at once.');
    stopping.abort();
  });
  const run = await runChaos({
    faults: Number(values.faults ?? values.kills ?? 30),
    topology,
    kinds: kinds.filter(isKind),
    ...(targets && { targets }),
    seed: Number(values.seed),
    conversations: Number(values.conversations),
    mcp: values.mcp,
    keep,
    log: console.log,
    signal: stopping.signal,
  });
  const { evidence, surprises } = run;
  if (keep !== undefined) {
    await mkdir(keep, { recursive: true });
    await writeFile(join(keep, 'evidence.json'), JSON.stringify({ ...evidence, surprises }));
  }
  const report = check(evidence);
  console.log(printRun(report, run));
  console.log(`\n${closingLine(evidence, report)}`);
  if (!isSound(report) || surprises.length > 0) process.exitCode = 1;
}
