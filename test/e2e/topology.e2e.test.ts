import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { copiedPaths, readCompose, REPOSITORY } from '../kit/compose.ts';
import { startComposeTemporal } from '../kit/compose-temporal.ts';
import { startPostgres } from '../kit/postgres.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { follow, talk } from '../kit/talk.ts';

const QUESTION = 'what is a signal in Temporal?';

let service: TestService;
let database: pg.Client;
let healthcheck: string[];
const begun: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const { temporal, meanwhile } = await readCompose();
  healthcheck = meanwhile.healthcheck.test;
  const postgres = await startPostgres();
  begun.push(() => postgres.stop());
  const server = await startComposeTemporal(temporal.command);
  begun.push(() => server.close());
  const folder = await imageFolder();
  begun.push(() => rm(folder, { recursive: true }));
  const { MEANWHILE_HOME: _, ...environment } = meanwhile.environment;
  service = await startTestService({
    folder,
    env: {
      ...environment,
      HOST: '127.0.0.1',
      PORT: '0',
      TEMPORAL_ADDRESS: server.address,
      DATABASE_URL: postgres.url,
    },
  });
  begun.push(() => service.remove());
  database = new pg.Client({ connectionString: postgres.url });
  await database.connect();
  begun.push(() => database.end());
});
afterEach((test) => service.explain(test));
afterAll(async () => {
  for (const end of begun.toReversed()) await end();
});

test('with the servers, settings and files of a Compose start, a conversation outlives a kill of the service', async () => {
  expect(service.output()).toContain('demo model');
  const before = await talk(service.client, QUESTION);
  expect((await before.replied(1)).text).toContain('A signal in Temporal is');

  await service.kill9();
  await service.start();
  expect(await service.client.get('/readyz')).toEqual({ store: 'ok', temporal: 'ok' });
  const after = follow(service.client, before.id);
  await after.say(QUESTION);
  expect((await after.replied(2)).text).toContain('A signal in Temporal is');

  const { rows } = await database.query<{ body: unknown }>(
    'select body from entries where conversation = $1 order by seq',
    [before.id],
  );
  expect(rows.map(({ body }) => body)).toEqual(after.log.entries);
  // Killed so soon after its first reply it may take that back and give it anew; no message is lost and no reply stays open.
  const { log } = after;
  expect(log.entries.map(({ seq }) => seq)).toEqual(log.entries.map((_, i) => i + 1));
  expect(log.of('message.user').map(({ text }) => text)).toEqual([QUESTION, QUESTION]);
  const ended = [...log.of('reply.completed'), ...log.of('reply.interrupted')];
  expect(ended.map(({ reply_id }) => reply_id).toSorted()).toEqual(['reply_1', 'reply_2']);
  expect(log.entries.at(-1)).toMatchObject({ kind: 'reply.completed', reply_id: 'reply_2' });
});

test('the health check of the Compose file tells a service that is ready from one that is not', async () => {
  const [kind, program, ...words] = healthcheck;
  expect([kind, program]).toEqual(['CMD', 'node']);
  const check = () => {
    const here = words.map((word) => word.replace('http://127.0.0.1:3000', service.url));
    expect(here).not.toEqual(words);
    return execa(process.execPath, here, { reject: false });
  };
  expect(await check()).toMatchObject({ exitCode: 0 });
  await service.stop();
  expect(await check()).toMatchObject({ exitCode: 1 });
});

/** What the image holds, and nothing else of this repository. */
async function imageFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-image-'));
  for (const path of await copiedPaths())
    await cp(join(REPOSITORY, path), join(folder, path), { recursive: true });
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
