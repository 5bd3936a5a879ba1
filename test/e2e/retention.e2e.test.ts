/** A conversation past its days leaves the log: a worker writes it to the archive, encrypted, and its id is answered with where it is. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { watch } from '../../client/watch.ts';
import { EXTENSIONS } from '../kit/extensions.ts';
import { asks, type PlayedModel, startPlayedModel } from '../kit/played-model.ts';
import { startPostgres, type TestPostgres } from '../kit/postgres.ts';
import { removeFolder } from '../kit/remove-folder.ts';
import { startTestService, type TestService } from '../kit/service.ts';

const COMMAND = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));
const KEY = `one:${randomBytes(32).toString('base64')}`;

let service: TestService | undefined;
let model: PlayedModel | undefined;
let postgres: TestPostgres | undefined;
let archive: string | undefined;
afterEach(async (context) => {
  service?.explain(context);
  await service?.remove();
  await model?.close();
  await postgres?.stop();
  if (archive !== undefined) await removeFolder(archive);
});

/** A large result, which is stored apart from the log, belongs to it too. */
async function closedConversation(): Promise<string> {
  const { client } = service!;
  const { id } = await client.conversations.create({ message: { text: 'a zebra, please' } });
  const log = watch(client, id);
  (await model!.asked()).says('zebra-reply', asks('reports'));
  (await model!.asked()).says('Done.');
  await log.until('it is told', () => log.of('reply.completed').length >= 2);
  await client.post(`/v1/conversations/${id}/close`, {});
  await log.until('it is closed', () => log.of('conversation.closed')[0]);
  await log.close();
  return id;
}

/** The clock of the database decides. */
async function sql(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: postgres!.url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

const answerFor = async (id: string) => {
  const response = await fetch(`${service!.url}/v1/conversations/${id}`);
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

const within = { timeout: 60_000, interval: 200 };

test('a conversation past its days is archived, erased from the store and answered with a 410 that names its file', async () => {
  model = await startPlayedModel();
  postgres = await startPostgres();
  archive = await mkdtemp(join(tmpdir(), 'meanwhile-archive-'));
  service = await startTestService({
    temporal: inject('temporalAddress'),
    env: {
      OPENAI_BASE_URL: model.url,
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      DATABASE_URL: postgres.url,
      MEANWHILE_RETENTION_DAYS: '31',
      MEANWHILE_ARCHIVE: archive,
      MEANWHILE_ENCRYPTION_KEYS: KEY,
    },
  });
  const past = await closedConversation();
  const recent = await closedConversation();
  await sql(
    `update conversations set updated_at = now() - interval '32 days' where id = '${past}'`,
  );
  await sql(
    `update conversations set updated_at = now() - interval '30 days' where id = '${recent}'`,
  );
  // A worker looks when it begins.
  await service.stop();
  await service.start();
  await vi.waitFor(async () => expect((await answerFor(past)).status).toBe(410), within);

  const { body } = await answerFor(past);
  expect(body.code).toBe('conversation_retired');
  const [, file = ''] = /archived as (\S+) on/.exec(body.detail!)!;
  expect(file).toMatch(new RegExp(`^default/.*/${past}\\.jsonl\\.gz\\.sealed$`));
  expect((await readFile(join(archive, file))).includes('zebra')).toBe(false);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [COMMAND, 'archive', join(archive, file)],
    {
      cwd: service.home,
      env: { ...process.env, MEANWHILE_HOME: service.home, MEANWHILE_ENCRYPTION_KEYS: KEY },
      maxBuffer: 10_000_000,
    },
  );
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ type: 'conversation', conversation: { id: past } });
  expect(JSON.stringify(lines)).toContain('zebra-reply');
  expect(stdout).toContain('the needle, worth 17');
  for (const table of ['entries', 'results', 'progress', 'drafts', 'superseded', 'revisions']) {
    const column = `select count(*)::int as left from ${table} where conversation = '${past}'`;
    expect(await sql(column), table).toEqual([{ left: 0 }]);
  }
  expect((await answerFor(recent)).status).toBe(200);
}, 240_000);
