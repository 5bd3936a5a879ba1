import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Meanwhile } from '../client/meanwhile.ts';
import { watch } from '../client/watch.ts';
import { createNamespace } from '../test/kit/namespace.ts';
import { startPostgres } from '../test/kit/postgres.ts';

const MEANWHILE = new URL('meanwhile.js', import.meta.url).pathname;

test.each([
  ['worker', {}, 'TEMPORAL_ADDRESS and DATABASE_URL'],
  ['api', { TEMPORAL_ADDRESS: '127.0.0.1:7233' }, 'DATABASE_URL'],
  ['worker', { DATABASE_URL: 'postgres://somewhere' }, 'TEMPORAL_ADDRESS'],
])('`meanwhile %s` with only %j reports that it needs %s', async (role, env, missing) => {
  const cwd = await mkdtemp(join(tmpdir(), 'meanwhile-role-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const none = { TEMPORAL_ADDRESS: '', DATABASE_URL: '' };
  const { exitCode, stderr } = await execa(process.execPath, [MEANWHILE, role], {
    cwd,
    env: { ...none, ...env },
    reject: false,
  });
  expect(stderr).toContain(`\`meanwhile ${role}\` needs ${missing}, which`);
  expect(exitCode).toBe(2);
});

test('an API and a worker that share only Temporal and PostgreSQL form a service, and stop on SIGTERM', async () => {
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-role-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const temporal = inject('temporalAddress');
  const env = {
    MEANWHILE_HOME: home,
    PORT: '0',
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_NAMESPACE: await createNamespace(temporal),
    DATABASE_URL: postgres.url,
    OPENAI_API_KEY: '',
    OPENAI_BASE_URL: '',
  };
  const start = (role: string, ready: RegExp) => startRole(role, ready, home, env);
  const [api, worker] = await Promise.all([
    start('api', /The API is ready: (\S+)/),
    start('worker', /The worker is ready/),
  ]);

  const client = new Meanwhile({ baseURL: api.ready[1]!, maxRetries: 0 });
  expect(await client.get('/readyz')).toEqual({
    ...{ store: 'ok', temporal: 'ok', live: 'delayed' },
  });
  const message = { text: 'what is a signal in Temporal?' };
  const { id } = await client.post('/v1/conversations', { message });
  const log = watch(client, id);
  const reply = await log.until('it is answered', () => log.of('reply.completed')[0]);
  expect(reply.text).toContain('A signal in Temporal is');
  await log.close();

  expect(await worker.stop()).toBe(0);
  expect(await api.stop()).toBe(0);
});

async function startRole(role: string, pattern: RegExp, cwd: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [MEANWHILE, role], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let said = '';
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    const onOutput = (text: string) => {
      said += text;
      const found = pattern.exec(said);
      if (found) resolve(found);
    };
    for (const output of [child.stdout, child.stderr])
      output.setEncoding('utf8').on('data', onOutput);
    void exited.then(() => reject(new Error(`It ended:\n${said}`)));
  });
  return {
    ready,
    async stop(): Promise<unknown> {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}
