/** With encryption switched on, no word of a conversation is in Temporal's database files, in its own store, or in a dump of PostgreSQL. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { watch } from '../../client/watch.ts';
import { EXTENSIONS } from '../kit/extensions.ts';
import { asks, type PlayedModel, startPlayedModel } from '../kit/played-model.ts';
import { startPostgres, type TestPostgres } from '../kit/postgres.ts';
import { startTestService, type TestService } from '../kit/service.ts';

const run = promisify(execFile);

/** Where they are said: the last three are the input of a tool, its result, and a failure. */
const WORDS = [
  ...['zebra-message', 'zebra-metadata', 'zebra-reply'],
  ...['zebra-input', 'result-zebra', 'does not like zebra-failure'],
];
const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

let service: TestService | undefined;
let model: PlayedModel | undefined;
let postgres: TestPostgres | undefined;
afterEach(async (context) => {
  service?.explain(context);
  await service?.remove();
  await model?.close();
  await postgres?.stop();
  service = model = postgres = undefined;
});

async function start(env: Record<string, string>): Promise<void> {
  model = await startPlayedModel();
  const own = { OPENAI_BASE_URL: model.url, MEANWHILE_EXTENSIONS: EXTENSIONS };
  service = await startTestService({ env: { ...own, ...env } });
}

/** @returns the id of the conversation */
async function converse(): Promise<string> {
  const { client } = service!;
  const { id } = await client.post('/v1/conversations', {
    metadata: { of: 'zebra-metadata' },
    message: { text: 'zebra-message' },
  });
  (await model!.asked()).says(
    'zebra-reply',
    asks('echoes', { words: 'zebra-input' }),
    asks('echoes', { words: 'zebra-result' }),
    asks('echoes', { words: 'zebra-failure', fails: true }),
  );
  const log = watch(client, id);
  await log.until('all calls are over', () =>
    log.of('call.completed').length === 2 && log.of('call.failed').length === 1 ? true : undefined,
  );
  await log.close();
  return id as string;
}

/** Every file below the folder that has one of these words. */
async function filesWith(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      return WORDS.filter((word) => bytes.includes(word)).map((word) => `${path}: ${word}`);
    });
  return (await Promise.all(found)).flat();
}

const read = async (id: string) => {
  const entries = [];
  for await (const entry of service!.client.conversations.open(id).entries()) entries.push(entry);
  return JSON.stringify(entries);
};

test('the embedded database and the files of Temporal have the words without encryption, and none with it', async () => {
  await start({});
  await converse();
  await service!.stop();
  const open = await filesWith(service!.home);
  for (const word of WORDS) {
    // Temporal never has the metadata.
    const inTemporal = open.some((line) => line.includes('temporal') && line.endsWith(word));
    expect(inTemporal, word).toBe(word !== 'zebra-metadata');
    expect(
      open.some((line) => line.includes('/store/') && line.endsWith(word)),
      word,
    ).toBe(true);
  }
  await service!.remove();
  await model!.close();

  const old = key('old');
  await start({ MEANWHILE_ENCRYPTION_KEYS: old });
  const id = await converse();
  for (const word of WORDS.filter((each) => each !== 'zebra-metadata')) {
    expect(await read(id)).toContain(word);
  }
  await service!.stop();
  expect(await filesWith(service!.home)).toEqual([]);
}, 240_000);

test('a dump of PostgreSQL has no words, and what an old key has encrypted is read after a rotation', async () => {
  postgres = await startPostgres();
  const keys = { old: key('old'), fresh: key('new') };
  await start({ DATABASE_URL: postgres.url, MEANWHILE_ENCRYPTION_KEYS: keys.old });
  const id = await converse();
  const dump = async () => (await run(await pgDump(), [postgres!.url])).stdout;
  const before = await dump();
  expect(before).toContain(id);
  for (const word of WORDS) expect(before).not.toContain(word);
  expect(before).toContain('jold:');

  await service!.stop();
  // The service of the second start has other settings: on the same database, and on a home of its own.
  const { url } = postgres;
  await service!.remove();
  await model!.close();
  const both = `${keys.fresh},${keys.old}`;
  await start({ DATABASE_URL: url, MEANWHILE_ENCRYPTION_KEYS: both });
  expect(await read(id)).toContain('zebra-message');
  await converse();
  const after = await dump();
  for (const word of WORDS) expect(after).not.toContain(word);
  expect(after).toContain('jnew:');
}, 240_000);

async function pgDump(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  return versions.length > 0 ? join(root, versions[0]!, 'bin/pg_dump') : 'pg_dump';
}
