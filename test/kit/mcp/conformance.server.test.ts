/** The client scenarios of the official suite, for both eras. What does not apply is in conformance-baseline.yaml. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const SUITE = path('../../../node_modules/@modelcontextprotocol/conformance/dist/index.js');
const CLIENT = path('conformance-client.ts');
const baseline = parse(readFileSync(path('conformance-baseline.yaml'), 'utf8')) as {
  scenario: string;
  why: string;
}[];

async function suite(...args: string[]): Promise<string> {
  const running = promisify(execFile)(process.execPath, [SUITE, ...args], { maxBuffer: 2 ** 26 });
  const { stdout, stderr } = await running.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  return `${stdout}\n${stderr}`;
}

async function scenarios(version: string): Promise<string[]> {
  const listed = await suite('list', '--client', '--spec-version', version);
  return [...listed.matchAll(/^ +- (\S+) /gm)].map(([, name]) => name!);
}

const isExcused = (name: string) => baseline.some(({ scenario }) => matchesGlob(name, scenario));

describe.each(['2025-11-25', '2026-07-28'])('protocol %s', async (version) => {
  const all = await scenarios(version);
  const wanted = all.filter((name) => !isExcused(name));

  test('has scenarios', () => {
    expect(wanted).toContain('tools_call');
    expect(wanted.length).toBeGreaterThan(3);
  });

  test.each(wanted)('%s', async (scenario) => {
    const command = `${process.execPath} ${CLIENT}`;
    const client = ['client', '--command', command, '--scenario', scenario];
    const output = await suite(...client, '--spec-version', version);
    expect(output).toContain('OVERALL: PASSED');
  });
});
