/** `npm run chaos -- --kills N --seed S [--conversations C] [--keep DIR]` */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './check/check.ts';
import { isSound } from './check/report.ts';
import { closingLine, printReport } from './print.ts';
import { runChaos } from './run.ts';

const USAGE = `Usage: npm run chaos -- [--kills N] [--seed S] [--conversations C] [--keep DIR]

  --kills N          how many processes to kill with -9 (30)
  --seed S           the same seed chooses the same targets and moments (1)
  --conversations C  at a time (12)
  --keep DIR         keeps the evidence and the logs of all processes there; new or empty

Ctrl-C ends the killing early; what was done until then is checked. A second Ctrl-C ends the run.`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    conversations: { type: 'string', default: '12' },
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
  const stopping = new AbortController();
  process.once('SIGINT', () => {
    console.log('No more kills. Ctrl-C once more ends the run at once.');
    stopping.abort();
  });
  const run = await runChaos({
    kills: Number(values.kills),
    seed: Number(values.seed),
    conversations: Number(values.conversations),
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
  console.log(printReport(report, run));
  console.log(closingLine(report, evidence));
  if (!isSound(report) || surprises.length > 0) process.exitCode = 1;
}
