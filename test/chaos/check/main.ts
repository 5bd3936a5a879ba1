/**
 * `node test/chaos/check/main.ts DIR [--document]` checks the evidence that a run has kept in DIR again; with `--document` its table
 * goes into docs/reliability.md. Exit code 1: something was found.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Evidence } from '../evidence.ts';
import { check } from './check.ts';
import { documentRun } from './document.ts';
import { closingLine, print } from './print.ts';
import { isSound } from './report.ts';

const PAGE = fileURLToPath(new URL('../../../docs/reliability.md', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { document: { type: 'boolean', default: false } },
});
const [folder, ...rest] = positionals;
if (!folder || rest.length > 0) {
  console.error('Usage: node test/chaos/check/main.ts DIR [--document]');
  process.exit(2);
}
const evidence = JSON.parse(await readFile(join(folder, 'evidence.json'), 'utf8')) as Evidence;
const report = check(evidence);
if (values.document) {
  await writeFile(PAGE, documentRun(await readFile(PAGE, 'utf8'), evidence, report));
}
console.log(`${print(report)}\n`);
console.log(closingLine(evidence, report));
process.exitCode = isSound(report) ? 0 : 1;
