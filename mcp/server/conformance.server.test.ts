/** The official conformance suite against the endpoint with the suite's fixtures as its tools (test/kit/mcp-fixtures.ts). */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openToAnyone } from '../../security/access/anyone.ts';
import { authenticate } from '../../api/authenticate.ts';
import { readBodies } from '../../api/body.ts';
import type { Api } from '../../api/dependencies.ts';
import { createPermits } from '../../api/permits.ts';
import { always, serveMcp } from '../../api/routes/serve-mcp.ts';
import { createFixtures } from '../../test/kit/mcp-fixtures.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SUITE = file('../../node_modules/@modelcontextprotocol/conformance/dist/index.js');

let app: Api;
let url: string;
let results: string;
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'meanwhile-conformance-'));
  app = Fastify();
  readBodies(app);
  authenticate(app, openToAnyone);
  const permits = createPermits(openToAnyone);
  const closing = new AbortController().signal;
  serveMcp(app, '/mcp', always(createFixtures(), { hosts: [], closing, permits }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/mcp`;
});
afterAll(async () => {
  await app.close();
  await rm(results, { recursive: true, force: true });
});

/** @throws with what the suite said, if a check fails or an expected failure passes */
async function run(...options: string[]): Promise<string> {
  const all = [SUITE, 'server', '--url', url, '-o', results, ...options];
  try {
    return (await promisify(execFile)(process.execPath, all, { maxBuffer: 50_000_000 })).stdout;
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout.slice(-5_000), { cause: error });
  }
}

test.each(['2025-11-25', '2026-07-28'])(
  'every scenario of %s passes, except those that its baseline explains',
  async (version) => {
    const baseline = file(`conformance/${version}.yaml`);
    const said = await run(
      '--suite',
      'all',
      '--spec-version',
      version,
      '--expected-failures',
      baseline,
    );
    const [, passed] = /Total: (\d+) passed/.exec(said) ?? [];
    expect(Number(passed)).toBeGreaterThan(40);
  },
  180_000,
);

test.each([
  'tasks-lifecycle',
  'tasks-capability-negotiation',
  'tasks-wire-fields',
  'tasks-request-state-removal',
  'tasks-mrtr-input',
  'tasks-request-headers',
  'tasks-dispatch-and-envelope',
  'tasks-required-task-error',
  'tasks-mrtr-composition',
  // Version 0.2.0-alpha.12 has no checks in this one yet; listen.test.ts has ours.
  'tasks-status-notifications',
])(
  '%s passes',
  async (scenario) => {
    expect(await run('--scenario', scenario)).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/);
  },
  60_000,
);
