import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../test/kit/postgres.ts';
import { readKeyring } from '../security/encryption/keyring.ts';
import { openStore } from './open.ts';
import { batch, idle, messages, someone } from '../test/store/samples.ts';
import { storeContract } from '../test/store/store.contract.ts';

let postgres: TestPostgres;
let folder: string;

beforeAll(async () => {
  postgres = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-store-'));
});

afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

storeContract('PGlite', () => openStore({ folder: join(folder, 'new', 'folder') }));
storeContract('PostgreSQL', () => openStore({ url: postgres.url, folder: '' }));
storeContract(
  'PostgreSQL, encrypted',
  () =>
    openStore({
      url: postgres.url,
      folder: '',
      keyring: readKeyring(`one:${randomBytes(32).toString('base64')}`),
    }),
  { searched: 'titles' },
);

describe('opening a store', () => {
  test('again in the same folder finds everything', async () => {
    const one = someone();
    const again = join(folder, 'again');
    for (const [index, text] of ['a', 'b'].entries()) {
      const store = await openStore({ folder: again });
      await store.record(batch(one, [1, index], index + 1, messages(index + 1, text)));
      await store.close();
    }
    const store = await openStore({ folder: again });
    expect(await store.window(one, { from: 1, to: 9 })).toEqual(messages(1, 'a', 'b'));
    await store.close();
  });

  test('works for several processes that start at once on an empty database', async () => {
    const fresh = await startPostgres();
    const stores = await Promise.all(
      Array.from({ length: 5 }, () => openStore({ url: fresh.url, folder: '' })),
    );
    const one = someone();
    for (const [index, store] of stores.entries()) {
      await store.record(batch(one, [1, index], index + 1, messages(index + 1, `${index}`)));
    }
    expect(await stores[0]!.conversation(one)).toMatchObject({ ...idle, last_seq: 5 });
    await Promise.all(stores.map((store) => store.close()));
    await fresh.stop();
  });

  test.each([
    ['port', (url: URL) => (url.port = '1')],
    ['database', (url: URL) => (url.pathname = '/nowhere')],
  ])('on a wrong %s says where it looked, without the password', async (_, spoil) => {
    const url = new URL(postgres.url);
    url.password = 'secret';
    spoil(url);
    const place = `host ${url.hostname}, port ${url.port}, database ${url.pathname.slice(1)}`;
    const opening = openStore({ url: url.href, folder: '' });
    await expect(opening).rejects.toThrow(`Cannot reach PostgreSQL at DATABASE_URL (${place})`);
    await expect(opening).rejects.not.toThrow('secret');
  });

  test('on an invalid URL says what one looks like, without the password', async () => {
    const opening = openStore({ url: 'postgres://user:sec#ret@/@', folder: '' });
    await expect(opening).rejects.toThrow(/DATABASE_URL is not a URL like/);
    await expect(opening).rejects.not.toThrow(/sec/);
  });

  test('in an impossible folder names it', async () => {
    const file = join(import.meta.dirname, 'store.ts');
    await expect(openStore({ folder: file })).rejects.toThrow(`The store in ${file}`);
  });
});
