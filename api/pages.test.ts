import { expect, test } from 'vitest';
import { createTestApi } from '../test/kit/api.ts';
import { batch, idle, message } from '../test/store/samples.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import type { Store } from '../store/store.ts';
import { createPages } from './pages.ts';

test('a client that knows the page is told 204 until something in it changes', async () => {
  const api = await createTestApi();
  const one = await api.begin();
  const { body } = await api.get('/v1/conversations');
  expect((await api.get(`/v1/conversations?known=${body.version}`)).status).toBe(204);
  await api.store.record(batch(one, [1, 1], 1, [message(1, 'Hello.')], idle));
  // A reader without a version gets the current page.
  const next = await api.get('/v1/conversations');
  expect(next.body.conversations[0].last_seq).toBe(1);
  expect(next.body.version).not.toBe(body.version);
  const changed = await api.get(`/v1/conversations?known=${body.version}`);
  expect(changed.status).toBe(200);
  expect(changed.body).toEqual(next.body);
});

test('a thousand clients with the list open read the store once a second', async () => {
  const store = createMemoryStore();
  let reads = 0;
  let now = 1_000;
  const list: Store['list'] = (...args) => {
    reads += 1;
    return store.list(...args);
  };
  const pages = createPages({ ...store, list }, { now: () => now });
  const ask = () =>
    Promise.all(Array.from({ length: 1_000 }, () => pages.recent('default', { limit: 40 })));
  await ask();
  now += 900;
  await ask();
  expect(reads).toBe(1);
  now += 200;
  await ask();
  expect(reads).toBe(2);
  // Other pages, and pages of other tenants, are read separately.
  await pages.recent('default', { limit: 41 });
  await pages.recent('theirs', { limit: 40 });
  expect(reads).toBe(4);
  // A client that knows no page gets what there is, and the others have it too.
  await pages.current('default', { limit: 40 });
  await ask();
  expect(reads).toBe(5);
});

test('a page that could not be read is read again', async () => {
  const store = createMemoryStore();
  let isAway = true;
  const api = await createTestApi({
    store: {
      ...store,
      list: (...args) => (isAway ? Promise.reject(new Error('away')) : store.list(...args)),
    },
  });
  expect((await api.get('/v1/conversations?known=x')).status).toBe(500);
  isAway = false;
  expect((await api.get('/v1/conversations?known=x')).status).toBe(200);
});

test('a search finds words, and its answer says where it has looked', async () => {
  const api = await createTestApi();
  const one = await api.begin();
  await api.begin();
  await api.store.record(batch(one, [1, 1], 1, [message(1, 'A walrus, please.')], idle));
  const { body } = await api.get('/v1/conversations?search=please%20WALRUS');
  const excerpt = { seq: 1, text: 'A walrus, please.' };
  expect(body).toMatchObject({ conversations: [{ id: one.id, excerpt }], searched: 'words' });
  // Without a search there is nothing to show.
  const { body: all } = await api.get('/v1/conversations');
  for (const each of all.conversations) expect(each).not.toHaveProperty('excerpt');
  expect((await api.get('/v1/conversations?search=elephant')).body.conversations).toEqual([]);
  expect((await api.get('/v1/conversations?search=%20')).status).toBe(400);
});
