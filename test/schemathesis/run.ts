/** Runs schemathesis, from PyPI, in an environment of its own that is kept in node_modules. */
import { execFile, type ExecFileException } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Ground } from './ground.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const REQUIREMENTS = join(FOLDER, 'requirements.txt');
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/meanwhile/', import.meta.url));

export interface SchemathesisEffort {
  seed: number;
  /** Schemathesis asks until this time is over. */
  seconds: number;
}

const counts = z.object({ accepted: z.int(), unreachable: z.int(), conflicts: z.int() });

const report = z.object({
  complete: z.boolean(),
  operations: z.object({ total: z.int(), tested: z.int() }),
  test_cases: z.object({ generated: z.int() }),
  failures: z.array(z.object({ title: z.string(), operations: z.array(z.string()) })),
  errors: z.array(z.object({ title: z.string() })),
  /** The rates of valid requests, by operation and phase. */
  valid_rates: z.record(z.string(), z.record(z.string(), counts)),
});

export interface SchemathesisRun {
  report: z.infer<typeof report>;
  /** What it has printed: each failure with a request that shows it. */
  output: string;
}

/** @throws Error if it could not be installed, or ended without a report */
export async function runSchemathesis(
  ground: Ground,
  { seed, seconds }: SchemathesisEffort,
): Promise<SchemathesisRun> {
  const python = await install();
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-schemathesis-'));
  const file = join(folder, 'report.json');
  const args = ['run', `${ground.url}/openapi.json`, '--checks', 'all', '--no-color'];
  // A tombstone stays of a conversation that was erased, and it can be read: docs/security.md.
  args.push('--exclude-checks', 'use_after_free');
  args.push('--seed', `${seed}`, '--max-time', `${seconds}`);
  args.push('--report', 'json', '--report-json-path', file);
  try {
    const output = await printed(python, ['-m', 'schemathesis.cli', ...args], {
      MEANWHILE_API_KEY: ground.key,
      MEANWHILE_KEY_ID: ground.key_id,
      MEANWHILE_OTHER_API_KEY: ground.other_key,
      MEANWHILE_GROUND: JSON.stringify(ground.known),
    });
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Error(`Schemathesis has written no report:\n${output}`);
    });
    return { report: report.parse(JSON.parse(text)), output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the Python of an environment that has the requirements */
async function install(): Promise<string> {
  const requirements = await readFile(REQUIREMENTS);
  const hash = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const folder = join(CACHE, `schemathesis-${hash}`);
  const python = join(folder, 'bin/python');
  const ready = join(folder, 'ready');
  if (await readFile(ready).catch(() => undefined)) return python;
  await need('python3', ['-m', 'venv', '--clear', folder]);
  await need(python, ['-m', 'pip', 'install', '--quiet', '--no-input', '-r', REQUIREMENTS]);
  await writeFile(ready, 'yes');
  return python;
}

async function need(program: string, args: string[]): Promise<void> {
  const { error, output } = await execute(program, args, {});
  if (error) {
    const hint = 'Schemathesis needs Python 3.10 or later with venv (Debian: python3-venv).';
    throw new Error(`${hint}\n${output}`, { cause: error });
  }
}

/** Its exit code says whether it has found something, and so does its report. */
const printed = async (program: string, args: string[], env: Record<string, string>) =>
  (await execute(program, args, env)).output;

function execute(
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ error: ExecFileException | null; output: string }> {
  const quiet = { PYTHONDONTWRITEBYTECODE: '1' };
  const options = { cwd: FOLDER, env: { ...process.env, ...quiet, ...env }, maxBuffer: 1e8 };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ error, output: `${stdout}${stderr}` }),
    );
  });
}
