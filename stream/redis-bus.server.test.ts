import { randomBytes } from 'node:crypto';
import { createClient } from '@redis/client';
import { afterEach, expect, test } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import { type Keyring, readKeyring } from '../security/encryption/keyring.ts';
import { startProxy } from '../test/chaos/proxy.ts';
import { createMailbox } from '../test/kit/mailbox.ts';
import { startRedis, type TestRedis } from '../test/kit/redis.ts';
import type { Changes } from '../store/store.ts';
import type { Bus, BusMessage } from './bus.ts';
import { openRedisBus } from './redis-bus.ts';

const one: ConversationKey = { tenant: 'default', id: 'conv_1' };
const other: ConversationKey = { tenant: 'other', id: 'conv_1' };
const delta = (offset: number, text: string) =>
  ({ type: 'delta', reply_id: 'reply_1', attempt: 1, offset, text }) as const;
const timing = { connect_ms: 500, ping_ms: 100, retry_ms: [20, 50] as [number, number] };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function redisServer(): Promise<TestRedis> {
  const redis = await startRedis();
  ends.push(() => redis.stop());
  return redis;
}

/** The bus of a process of its own, as far as Redis can tell. */
function busOf(url: string, service = 'tests', keyring?: Keyring) {
  const lines = createMailbox<string>('the bus has reported something');
  const bus = openRedisBus({ url, service, log: lines.put, keyring, timing });
  ends.push(() => bus.close());
  return { ...bus, line: lines.take };
}

function hearing(bus: Bus, conversation = one) {
  const heard = createMailbox<BusMessage>('a message has arrived');
  const stop = bus.subscribe(conversation, heard.put);
  return { take: heard.take, stop };
}

test('a message reaches the subscribers of its conversation in every process, and its own process once', async () => {
  const { url } = await redisServer();
  const [worker, api] = [busOf(url), busOf(url)];
  const [far, near] = [hearing(api), hearing(worker)];
  const [stranger, tenant] = [hearing(busOf(url, 'staging')), hearing(api, other)];
  for (const { take } of [far, near, stranger, tenant])
    expect(await take()).toEqual({ type: 'missed' });

  worker.publish(one, delta(0, 'Hel\0lo \ud83d'));
  worker.publish(one, { type: 'progress', call_id: 'call_1', percent: 50 });
  worker.publish(other, { type: 'poke' });
  for (const { take } of [far, near]) {
    expect(await take()).toEqual(delta(0, 'Hel\0lo \ud83d'));
    expect(await take()).toEqual({ type: 'progress', call_id: 'call_1', percent: 50 });
  }
  expect(await tenant.take()).toEqual({ type: 'poke' });

  const changes: Changes = { entries: [], revision: 0, status: 'idle' };
  worker.publish(one, { type: 'appended', after: 1, changes });
  expect(await near.take()).toMatchObject({ type: 'appended', after: 1 });
  expect(await far.take()).toEqual({ type: 'poke' });

  // Whatever else was to arrive would have arrived before this.
  const outsider = busOf(url, 'staging');
  await expect.poll(() => outsider.hearsAll()).toBe(true);
  outsider.publish(one, { type: 'stop', reply_id: 'reply_9' });
  expect(await stranger.take()).toEqual({ type: 'stop', reply_id: 'reply_9' });
  worker.publish(one, { type: 'stop', reply_id: 'reply_1' });
  for (const { take } of [far, near])
    expect(await take()).toEqual({ type: 'stop', reply_id: 'reply_1' });
});

test('a process that no longer subscribes receives nothing, and can subscribe again at once', async () => {
  const { url } = await redisServer();
  const [worker, api] = [busOf(url), busOf(url)];
  const first = hearing(api);
  expect(await first.take()).toEqual({ type: 'missed' });
  first.stop();
  hearing(api).stop();
  const second = hearing(api);
  expect(await second.take()).toEqual({ type: 'missed' });
  await expect.poll(() => worker.hearsAll()).toBe(true);
  worker.publish(one, { type: 'poke' });
  let message: BusMessage;
  do message = await second.take();
  while (message.type === 'missed');
  expect(message).toEqual({ type: 'poke' });
});

test('without Redis messages stay in their process; when it answers, each subscription is told that it missed some, and again when every process has had time to come back', async () => {
  const redis = await redisServer();
  const [worker, api] = [busOf(redis.url), busOf(redis.url)];
  const [far, near] = [hearing(api), hearing(worker)];
  for (const { take } of [far, near]) expect(await take()).toEqual({ type: 'missed' });

  await redis.kill9();
  expect(await api.line()).toMatch(/^Redis at 127\.0\.0\.1:\d+ is away: .+\. Live text is slower/);
  await worker.line();
  expect([worker.hearsAll(), api.hearsAll()]).toEqual([false, false]);
  worker.publish(one, delta(0, 'lost'));
  expect(await near.take()).toEqual(delta(0, 'lost'));
  const late = hearing(api, other);

  await redis.start();
  expect(await api.line()).toMatch(/answers again/);
  await worker.line();
  for (const { take } of [far, near, late]) expect(await take()).toEqual({ type: 'missed' });
  expect(api.hearsAll()).toBe(false);
  for (const { take } of [far, near, late]) expect(await take()).toEqual({ type: 'missed' });
  expect([worker.hearsAll(), api.hearsAll()]).toEqual([true, true]);
  worker.publish(one, delta(4, ' and found'));
  expect(await far.take()).toEqual(delta(4, ' and found'));
});

test.each(['the server is frozen', 'the network drops everything'])(
  'when %s, the connection counts as lost within two pings, and a new one is made',
  async (how) => {
    const redis = await redisServer();
    const proxy = await startProxy({ host: '127.0.0.1', port: redis.port });
    ends.push(() => proxy.close());
    const api = busOf(`redis://127.0.0.1:${proxy.port}`);
    const far = hearing(api);
    expect(await far.take()).toEqual({ type: 'missed' });

    const heal = how === 'the server is frozen' ? freeze(redis) : proxy.cut('silent');
    expect(await api.line()).toMatch(/away: no answer for 100 ms/);
    // They are not kept: unacknowledged messages would fill the memory.
    for (let n = 0; n < 10_000; n++) api.publish(other, { type: 'poke' });
    heal();
    expect(await api.line()).toMatch(/answers again/);
    expect(await far.take()).toEqual({ type: 'missed' });
  },
);

function freeze(redis: TestRedis) {
  redis.freeze();
  return () => redis.thaw();
}

test('a password is sent, and appears in no message', async () => {
  const redis = await startRedis({ password: 'the right one' });
  ends.push(() => redis.stop());
  const address = `127.0.0.1:${redis.port}`;
  const right = busOf(`redis://:${encodeURIComponent('the right one')}@${address}`);
  expect(await hearing(right).take()).toEqual({ type: 'missed' });
  const line = await busOf(`redis://:very-secret@${address}`).line();
  expect(line).toMatch(/^Redis at 127\.0\.0\.1:\d+ is away: WRONGPASS/);
  expect(line).not.toContain('very-secret');
});

const keyOf = (id: string) => readKeyring(`${id}:${randomBytes(32).toString('base64')}`);

test('with keys, no command that Redis gets has words of a conversation', async () => {
  const { url } = await redisServer();
  const commands = await everyCommand(url);
  const sentWith = async (keyring?: Keyring) => {
    const [worker, api] = [busOf(url, 'tests', keyring), busOf(url, 'tests', keyring)];
    const far = hearing(api);
    expect(await far.take()).toEqual({ type: 'missed' });
    await expect.poll(() => worker.hearsAll()).toBe(true);
    const sent = [
      delta(0, 'a zebra'),
      { type: 'progress', call_id: 'call_1', note: 'zebra' } as const,
      { type: 'stop', reply_id: 'reply_1' } as const,
    ];
    for (const message of sent) worker.publish(one, message);
    for (const message of sent) expect(await far.take()).toEqual(message);
  };
  await sentWith(keyOf('one'));
  const published = () => commands().filter((line) => line.includes('PUBLISH')).length;
  await expect.poll(published).toBe(3);
  expect(commands().join('\n')).not.toMatch(/zebra|reply_1|call_1/);
  // The same without keys, so that it is known what would be seen.
  await sentWith();
  await expect.poll(() => commands().join('\n')).toMatch(/zebra/);
});

test('a message that cannot be opened counts as missed, and its key is logged once', async () => {
  const { url } = await redisServer();
  const [worker, api] = [busOf(url, 'tests', keyOf('old')), busOf(url, 'tests', keyOf('new'))];
  const far = hearing(api);
  expect(await far.take()).toEqual({ type: 'missed' });
  await expect.poll(() => worker.hearsAll()).toBe(true);
  for (const offset of [0, 3]) worker.publish(one, delta(offset, 'Hel'));
  for (const _ of [1, 2]) expect(await far.take()).toEqual({ type: 'missed' });
  expect(await api.line()).toMatch(/cannot be read.*the key old/);
  const plain = busOf(url);
  await expect.poll(() => plain.hearsAll()).toBe(true);
  plain.publish(one, delta(6, 'lo'));
  expect(await far.take()).toEqual(delta(6, 'lo'));
});

/** Collects every command that the server receives (`MONITOR`). */
async function everyCommand(url: string): Promise<() => string[]> {
  const client = createClient({ url });
  const commands: string[] = [];
  await client.connect();
  ends.push(async () => client.destroy());
  await client.monitor((line) => void commands.push(line));
  return () => commands;
}
