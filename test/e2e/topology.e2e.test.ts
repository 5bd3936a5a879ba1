/** What docker-compose.yml starts, as processes: its settings and health checks, and the files of the image. */
import { readdir, rm } from 'node:fs/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { Meanwhile } from '../../client/meanwhile.ts';
import { type ComposeService, readCompose } from '../kit/compose.ts';
import { type FleetProcess, startFleetProcess } from '../kit/fleet-process.ts';
import { imageFolder } from '../kit/image.ts';
import { createNamespace } from '../kit/namespace.ts';
import { startPostgres, type TestPostgres } from '../kit/postgres.ts';
import { startRedis } from '../kit/redis.ts';
import { follow, talk } from '../kit/talk.ts';

const QUESTION = 'what is a signal in Temporal?';

let folder: string;
/** The files in it before anything has run. */
let shipped: string[];
let postgres: TestPostgres;
let api: Started;
let worker: Started;
let client: Meanwhile;
const begun: (() => Promise<unknown>)[] = [];

interface Started {
  process: FleetProcess;
  /** The exit code of its health check in the Compose file. */
  health(): Promise<number | undefined>;
}

beforeAll(async () => {
  const { services } = await readCompose();
  postgres = await startPostgres();
  begun.push(() => postgres.stop());
  const redis = await startRedis();
  begun.push(() => redis.stop());
  folder = await imageFolder();
  begun.push(() => rm(folder, { recursive: true }));
  shipped = await filesIn(folder);
  const temporal = inject('temporalAddress');
  const servers = {
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_NAMESPACE: await createNamespace(temporal),
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    HOST: '127.0.0.1',
  };
  const start = async (role: 'api' | 'worker', ready: RegExp, portSetting: string) => {
    const service = services[role];
    const port = await getPort();
    const { MEANWHILE_HOME: _, ...environment } = service.environment;
    const process = await startFleetProcess({
      name: role,
      role,
      ready,
      folder,
      settings: { ...environment, ...servers, [portSetting]: String(port) },
    });
    begun.push(() => process.remove());
    return { process, port, health: () => check(service, port) };
  };
  const [startedApi, startedWorker] = await Promise.all([
    start('api', /The API is ready/, 'PORT'),
    start('worker', /The worker is ready/, 'MEANWHILE_PROBE_PORT'),
  ]);
  [api, worker] = [startedApi, startedWorker];
  client = new Meanwhile({ baseURL: `http://127.0.0.1:${startedApi.port}`, maxRetries: 0 });
}, 120_000);
afterEach(({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const { process } of [api, worker]) console.error(process.output());
});
afterAll(async () => {
  for (const end of begun.toReversed()) await end();
});

test('with the servers, settings and files of a Compose start, a conversation outlives a kill of each process', async () => {
  expect(worker.process.output()).toContain('Probes:');
  const before = await talk(client, QUESTION);
  expect((await before.replied(1)).text).toContain('A signal in Temporal is');

  await Promise.all([api, worker].map(({ process }) => process.kill9()));
  await Promise.all([api, worker].map(({ process }) => process.start()));
  expect(await client.get('/readyz')).toEqual({ store: 'ok', temporal: 'ok' });
  const after = follow(client, before.id);
  await after.say(QUESTION);
  expect((await after.replied(2)).text).toContain('A signal in Temporal is');

  const database = new pg.Client({ connectionString: postgres.url });
  await database.connect();
  const { rows } = await database.query<{ body: unknown }>(
    'select body from entries where conversation = $1 order by seq',
    [before.id],
  );
  await database.end();
  expect(rows.map(({ body }) => body)).toEqual(after.log.entries);
  // If the worker is killed so soon after its first reply, the reply may be taken back and made again; no message is lost and no
  // reply stays open.
  const { log } = after;
  expect(log.entries.map(({ seq }) => seq)).toEqual(log.entries.map((_, i) => i + 1));
  expect(log.of('message.user').map(({ text }) => text)).toEqual([QUESTION, QUESTION]);
  const ended = [...log.of('reply.completed'), ...log.of('reply.interrupted')];
  expect(ended.map(({ reply_id }) => reply_id).toSorted()).toEqual(['reply_1', 'reply_2']);
  expect(log.entries.at(-1)).toMatchObject({ kind: 'reply.completed', reply_id: 'reply_2' });
  await log.close();
});

test('nothing is written beside the code, so its folder may be read-only', async () => {
  expect(await filesIn(folder)).toEqual(shipped);
});

test('the health checks of the Compose file tell a process that is ready from one that is not', async () => {
  for (const { process, health } of [api, worker]) {
    expect(await health()).toBe(0);
    expect(await process.stop()).toBe(0);
    expect(await health()).toBe(1);
  }
});

async function check({ healthcheck, environment }: ComposeService, port: number) {
  const [kind, program, ...words] = healthcheck!.test;
  expect([kind, program]).toEqual(['CMD', 'node']);
  const given = environment.MEANWHILE_PROBE_PORT ?? environment.PORT;
  const here = words.map((word) => word.replace(`127.0.0.1:${given}`, `127.0.0.1:${port}`));
  expect(here).not.toEqual(words);
  return (await execa(process.execPath, here, { reject: false })).exitCode;
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true });
  // The tools of the tests, which share these packages, keep their caches there.
  return entries.filter((name) => !name.startsWith('node_modules/.')).toSorted();
}
