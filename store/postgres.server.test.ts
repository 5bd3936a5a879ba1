import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import { startPostgresServer, type TestPostgresServer } from '../test/kit/postgres.ts';
import { openStore } from './open.ts';
import { patient } from './patient.ts';
import { batch, message, messages, someone } from '../test/store/samples.ts';
import type { Store } from './store.ts';

let server: TestPostgresServer;
let store: Store;

beforeAll(async () => {
  server = await startPostgresServer();
  store = await openStore({ url: server.url, folder: '' });
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

test('a server that is killed and restarted keeps acknowledged entries, and the store reconnects', async () => {
  const conversations = Array.from({ length: 8 }, someone);
  let killed = false;
  const written = (one: ConversationKey, seq: number) =>
    batch(one, [1, seq], seq, [message(seq, `${seq}`)]);
  /** Appends until the server is gone. Resolves with the seq of the last acknowledged entry. */
  const writeOn = async (one: ConversationKey) => {
    for (let seq = 1; ; seq++) {
      if (seq === 50 && !killed) {
        killed = process.kill(server.pid()!, 'SIGKILL');
      }
      try {
        await store.record(written(one, seq));
      } catch {
        return seq - 1;
      }
    }
  };
  const acknowledged = await Promise.all(conversations.map(writeOn));
  await server.restart();

  for (const [index, one] of conversations.entries()) {
    const known = acknowledged[index]!;
    // What was under way may have been written or not; writing it again settles it.
    await patient(store).record(written(one, known + 1));
    expect(await store.conversation(one)).toMatchObject({ last_seq: known + 1, revision: 0 });
    const all = Array.from({ length: known + 1 }, (_, i) => `${i + 1}`);
    expect(await store.window(one, { from: 1, to: known + 1 })).toEqual(messages(1, ...all));
  }
  expect(Math.max(...acknowledged)).toBeGreaterThanOrEqual(49);
});

test('every reader ends with the same log, with workers and readers on several connections at once', async () => {
  const one = someone();
  let writing = true;
  const worker = async (run: number) => {
    for (let length = 1; length <= 30; length++) {
      const base = Math.max(1, ((await store.conversation(one))?.last_seq ?? 0) - (length % 3));
      const texts = Array.from({ length: length % 4 }, (_, i) => `${run} ${length} ${i}`);
      // Refused, overtaken by another worker (a gap), or written: as it comes.
      await store
        .record(batch(one, [1, length], base, messages(base, ...texts)))
        .catch((error: Error) => expect(error.message).toContain('that would leave a gap'));
    }
  };
  const reader = async () => {
    const held = { texts: [] as string[], revision: 0 };
    const look = async () => {
      const after = held.texts.length;
      const seen = await store.follow(one, { after, revision: held.revision, limit: 3 });
      if (!seen) return;
      if (seen.rewind !== undefined) held.texts.length = seen.rewind;
      for (const entry of seen.entries) held.texts.push(('text' in entry && entry.text) || '');
      held.revision = seen.revision;
    };
    while (writing) await look();
    for (let looks = 0; looks < 100; looks++) await look();
    return held;
  };
  const work = async () => {
    await Promise.all([worker(1), worker(2), worker(3)]).finally(() => {
      writing = false;
    });
  };
  const [, ...readers] = await Promise.all([work(), reader(), reader(), reader()]);

  const { revision, last_seq } = (await store.conversation(one))!;
  const log = await store.window(one, { from: 1, to: last_seq });
  const texts = log.map((entry) => ('text' in entry ? entry.text : ''));
  for (const held of readers) expect(held).toEqual({ texts, revision });
  expect(revision).toBeGreaterThan(0);
});
