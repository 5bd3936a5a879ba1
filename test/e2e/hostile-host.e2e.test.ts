/** What machines and networks do: connections that are half open, names that cannot be resolved, clocks that jump, a full disk. */
import { globSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import getPort from 'get-port';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Conversation } from '../../client/conversation.ts';
import { Meanwhile } from '../../client/meanwhile.ts';
import { conversationWorkflowId, DEFAULT_TENANT } from '../../contract/names.ts';
import { type Proxy, startProxy } from '../chaos/proxy.ts';
import { type FleetProcess, startFleetProcess } from '../kit/fleet-process.ts';
import { heldText } from '../kit/held-text.ts';
import { startStubModel } from '../kit/model-server.ts';
import { createNamespace } from '../kit/namespace.ts';
import { startPostgres, type TestPostgres } from '../kit/postgres.ts';
import { reading } from '../kit/reading.ts';
import { startRedis } from '../kit/redis.ts';

const HOSTS = ['database', 'redis', 'model', 'temporal']
  .map((name) => `127.0.0.1 ${name}.test\n`)
  .join('');
const LONG = { timeout: 60_000, interval: 100 };

let folder: string;
let postgres: TestPostgres;
let proxies: Record<'PostgreSQL' | 'Redis' | 'Temporal' | 'model', Proxy>;
let processes: FleetProcess[];
let client: Meanwhile;
let temporal: Client;
/** The answer to `Go on.` */
const held = heldText();
/** URL of the worker's probes. */
let probes: string;
const begun: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-host-'));
  begun.push(() => rm(folder, { recursive: true }));
  await setNames(HOSTS);
  await setClock('+0');
  postgres = await startPostgres();
  begun.push(() => postgres.stop());
  const redis = await startRedis();
  begun.push(() => redis.stop());
  const model = await startStubModel(({ messages }) => {
    const { text } = messages.at(-1)!;
    return { text: text === 'Go on.' ? held.pieces : `You said: ${text}` };
  });
  begun.push(() => model.close());
  const address = inject('temporalAddress');
  const [host, port] = address.split(':');
  const namespace = await createNamespace(address);
  const connection = await Connection.connect({ address });
  begun.push(() => connection.close());
  temporal = new Client({ connection, namespace });
  const at = { host: '127.0.0.1' };
  proxies = {
    PostgreSQL: await startProxy({ ...at, port: Number(new URL(postgres.url).port) }),
    Redis: await startProxy({ ...at, port: redis.port }),
    Temporal: await startProxy({ host: host!, port: Number(port) }),
    model: await startProxy({ ...at, port: Number(new URL(model.url).port) }),
  };
  begun.push(() => Promise.all(Object.values(proxies).map((proxy) => proxy.close())));
  const database = new URL(postgres.url);
  database.hostname = 'database.test';
  database.port = String(proxies.PostgreSQL.port);
  const modelUrl = new URL(model.url);
  modelUrl.hostname = 'model.test';
  modelUrl.port = String(proxies.model.port);
  const apiPort = await getPort();
  const probePort = await getPort();
  probes = `http://127.0.0.1:${probePort}`;
  const settings = {
    ...namesIn(join(folder, 'hosts')),
    PORT: String(apiPort),
    TEMPORAL_ADDRESS: `temporal.test:${proxies.Temporal.port}`,
    TEMPORAL_NAMESPACE: namespace,
    DATABASE_URL: database.href,
    REDIS_URL: `redis://redis.test:${proxies.Redis.port}`,
    OPENAI_BASE_URL: modelUrl.href,
    OPENAI_API_KEY: 'none',
    MEANWHILE_MODEL_ATTEMPTS: '100',
    MEANWHILE_FIRST_TOKEN_MS: '5000',
    MEANWHILE_SILENCE_MS: '2000',
    MEANWHILE_SECRET: 'the secret of a service that is only tested',
  };
  const start = async (role: 'api' | 'worker', ready: RegExp, own: Record<string, string>) => {
    const started = await startFleetProcess({
      name: role,
      role,
      ready,
      settings: { ...settings, ...own },
    });
    begun.push(() => started.remove());
    return started;
  };
  processes = await Promise.all([
    start('api', /The API is ready/, {}),
    start('worker', /The worker is ready/, {
      ...clockOf(join(folder, 'clock')),
      LD_PRELOAD: `${library('nss_wrapper')}:${library('faketimeMT')}`,
      MEANWHILE_PROBE_PORT: String(probePort),
    }),
  ]);
  client = new Meanwhile({ baseURL: `http://127.0.0.1:${apiPort}`, maxRetries: 60 });
}, 180_000);
afterEach(({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const { output } of processes) console.error(output());
});
afterAll(async () => {
  for (const end of begun.toReversed()) await end();
});

const ready = async () => {
  const response = await fetch(`${client.baseURL}/readyz`);
  return { status: response.status, ...((await response.json()) as { live?: string }) };
};

/** Resolves when the model that repeats what it hears has answered this. */
async function answered(conversation: Conversation, text: string): Promise<void> {
  const answers = async () => {
    const said: string[] = [];
    for await (const entry of conversation.entries({ kinds: ['reply.completed'] }))
      if (entry.kind === 'reply.completed') said.push(entry.text);
    return said;
  };
  await expect.poll(() => answers().catch(() => []), LONG).toContain(`You said: ${text}`);
}

async function talking(text = 'Hello.'): Promise<Conversation> {
  const conversation = await client.conversations.create({ message: { text } });
  await answered(conversation, text);
  return conversation;
}

test.each(['PostgreSQL', 'Redis', 'Temporal'] as const)(
  'a connection to %s that is half open is noticed, and what is said meanwhile is answered once it is replaced',
  async (name) => {
    const conversation = await talking();
    const heal = proxies[name].cut('silent');
    try {
      const seen = name === 'Redis' ? { status: 200, live: 'delayed' } : { status: 503 };
      await expect.poll(ready, LONG).toMatchObject(seen);
      const sent = conversation.send('Are you there?');
      if (name === 'Redis') await answered(conversation, 'Are you there?');
      heal();
      await sent;
    } finally {
      heal();
    }
    await answered(conversation, 'Are you there?');
    await expect.poll(ready, LONG).toMatchObject({ status: 200 });
  },
);

test('a connection to the model that is half open before it answers is given up on, and the model is asked again', async () => {
  const conversation = await talking();
  const heal = proxies.model.cut('silent');
  try {
    await conversation.send('Are you there?');
    await expect.poll(() => failureOf(conversation), LONG).toBe('ModelTimeout');
  } finally {
    heal();
  }
  await answered(conversation, 'Are you there?');
});

test('a connection to the model that is half open in the middle of an answer is given up on, and the reply begins again', async () => {
  const conversation = await talking();
  const seen = reading(conversation);
  await conversation.send('Go on.');
  held.becomes('You');
  await expect.poll(seen.text, LONG).toBe('You');
  const heal = proxies.model.cut('silent');
  try {
    await expect.poll(() => failureOf(conversation), LONG).toBe('ModelTimeout');
  } finally {
    heal();
    held.becomes('You said: Go on.');
    held.ends();
  }
  await answered(conversation, 'Go on.');
  await seen.stop();
  expect(seen.wrong).toEqual([]);
});

test('while no name can be resolved, messages are accepted; when names are back, they are answered', async () => {
  const conversation = await talking();
  await setNames('');
  try {
    // Connections that exist need no name.
    for (const name of ['PostgreSQL', 'Redis', 'model'] as const) proxies[name].cut('refused')();
    await expect.poll(ready, LONG).toMatchObject({ status: 503 });
    await conversation.send('Are you there?');
  } finally {
    await setNames(HOSTS);
  }
  await answered(conversation, 'Are you there?');
  await expect.poll(ready, LONG).toEqual(expect.not.objectContaining({ live: 'delayed' }));
});

test('while the name of Temporal cannot be resolved, reads work and a message is refused; when it is back, messages are answered', async () => {
  const conversation = await talking();
  await setNames(HOSTS.replace(/.*temporal.*\n/, ''));
  try {
    proxies.Temporal.cut('refused')();
    await expect.poll(ready, LONG).toMatchObject({ status: 503 });
    const refused = await fetch(`${client.baseURL}/v1/conversations/${conversation.id}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{ "text": "Are you there?" }',
    });
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true]);
    expect(await conversation.head()).toMatchObject({ id: conversation.id });
  } finally {
    await setNames(HOSTS);
  }
  await conversation.send('Are you there now?');
  await answered(conversation, 'Are you there now?');
});

test('a worker whose clock jumps an hour ahead and two hours back goes on answering, in order', async () => {
  const conversation = await talking();
  for (const clock of ['+3600', '-3600', '+0']) {
    await setClock(clock);
    // The worker's own clock is in the headers of its answers.
    await expect.poll(() => offsetOf(probes), LONG).toBeCloseTo(Number(clock), -2);
    const text = `At ${clock}?`;
    await conversation.send(text);
    await answered(conversation, text);
  }
  const seqs: number[] = [];
  for await (const { seq } of conversation.entries()) seqs.push(seq);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
});

test('while the disk of the database is full, reads work and messages are accepted; with space again they are answered', async () => {
  const conversation = await talking();
  const database = new pg.Client({ connectionString: postgres.url });
  await database.connect();
  try {
    // What PostgreSQL answers when it cannot extend a file.
    await database.query(`
      create function full_disk() returns trigger language plpgsql as
        $$ begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$;
      create trigger full_disk before insert or update on conversations
        for each row execute function full_disk()`);
    await conversation.send('Are you there?');
    const refused = await fetch(`${client.baseURL}/v1/conversations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true]);
    expect(await conversation.head()).toMatchObject({ id: conversation.id });
  } finally {
    await database.query('drop function if exists full_disk cascade');
    await database.end();
  }
  await answered(conversation, 'Are you there?');
});

/** Seconds by which a process's clock is ahead of ours. */
async function offsetOf(url: string): Promise<number> {
  const { headers } = await fetch(`${url}/healthz`);
  return (Date.parse(headers.get('date')!) - Date.now()) / 1_000;
}

/** At once: what is read while it is written would be taken for all of it until it changes again. */
async function setNames(hosts: string): Promise<void> {
  await writeFile(join(folder, 'hosts.new'), hosts);
  await rename(join(folder, 'hosts.new'), join(folder, 'hosts'));
}

const setClock = (offset: string) => writeFile(join(folder, 'clock'), `${offset}\n`);

/** Its wall clock is moved by what the file says. Monotonic clocks are as they are. */
const clockOf = (file: string) => ({
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** It resolves names that end with `.test` by this file alone, in all its threads, as it was read at that moment. */
const namesIn = (file: string) => ({
  LD_PRELOAD: library('nss_wrapper'),
  NSS_WRAPPER_HOSTS: file,
});

function library(name: 'nss_wrapper' | 'faketimeMT'): string {
  const [found] = globSync([
    `/usr/lib/*/lib${name}.so`,
    `/usr/lib/*/faketime/lib${name}.so.1`,
    `/usr/lib/faketime/lib${name}.so.1`,
  ]);
  if (found === undefined) {
    throw new Error(
      'These tests need faketime and nss_wrapper: install them (Debian, Ubuntu: apt-get install faketime libnss-wrapper).',
    );
  }
  return found;
}

/** The type of the failure of the last attempt at its reply. */
async function failureOf({ id }: Conversation): Promise<string | null | undefined> {
  const workflow = conversationWorkflowId({ tenant: DEFAULT_TENANT, id });
  const { raw } = await temporal.workflow.getHandle(workflow).describe();
  return raw.pendingActivities?.[0]?.lastFailure?.applicationFailureInfo?.type;
}
