/** The embedded database on a real full disk. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { mountSmallDisk, type SmallDisk } from '../test/kit/small-disk.ts';
import { batch, idle, message, messages, someone } from '../test/store/samples.ts';
import { openStore } from './open.ts';
import { StoreUnavailable } from './unavailable.ts';

let disk: SmallDisk | undefined;
afterEach(() => disk?.remove());

test('what does not fit is unavailable and not lost half way, the rest can be read, and with space it goes on', async (context) => {
  disk = await mountSmallDisk('150m');
  if (!disk) return context.skip('Nobody but root may mount a file system.');
  const folder = join(disk.folder, 'store');
  const store = await openStore({ folder });
  const one = someone();
  await store.open(one, { agent: 'helper', metadata: {}, at: '2030-01-02T03:04:05.678Z' });
  await store.record(batch(one, [1, 1], 1, messages(1, 'before'), idle));
  await disk.fill();

  let next = 2;
  const write = () => {
    const entries = [message(next, 'x'.repeat(50_000))];
    return store.record(batch(one, [1, next], next, entries, idle));
  };
  const untilFull = async () => {
    for (; next < 10_000; next += 1) await write();
  };
  await expect(untilFull()).rejects.toThrow(StoreUnavailable);
  const before = { from: 1, to: 1 };
  expect(await store.window(one, before)).toMatchObject([{ text: 'before' }]);
  expect(await store.conversation(one)).toMatchObject({ last_seq: next - 1 });

  await disk.clear();
  await write();
  await store.close();
  const again = await openStore({ folder });
  expect(await again.conversation(one)).toMatchObject({ last_seq: next });
  await again.close();
});
