/** What machines and networks do: connections that are half open, names that cannot be resolved, a full disk. */
import { mkdtemp, rm } from 'node:fs/promises';
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
import { fakedNames, type FakedAnswers } from '../kit/faked-host.ts';
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
let names: FakedAnswers;
let postgres: TestPostgres;
let proxies: Record<'PostgreSQL' | 'Redis' | 'Temporal' | 'model', Proxy>;
let processes: FleetProcess[];
let client: Meanwhile;
let temporal: Client;
/** The answer to `Go on.` */
const held = heldText();
const begun: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-host-'));
  begun.push(() => rm(folder, { recursive: true }));
  names = fakedNames(join(folder, 'hosts'));
  await names.set(HOSTS);
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
  const settings = {
    ...names.settings,
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
  const start = async (role: 'api' | 'worker', ready: RegExp) => {
    const started = await startFleetProcess({
      name: role,
      role,
      ready,
      settings,
    });
    begun.push(() => started.remove());
    return started;
  };
  processes = await Promise.all([
    start('api', /The API is ready/),
    start('worker', /The worker is ready/),
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
  await names.set('');
  try {
    // Connections that exist need no name.
    for (const name of ['PostgreSQL', 'Redis', 'model'] as const) proxies[name].cut('refused')();
    await expect.poll(ready, LONG).toMatchObject({ status: 503 });
    await conversation.send('Are you there?');
  } finally {
    await names.set(HOSTS);
  }
  await answered(conversation, 'Are you there?');
  await expect.poll(ready, LONG).toEqual(expect.not.objectContaining({ live: 'delayed' }));
});

test('while the name of Temporal cannot be resolved, reads work and a message is refused; when it is back, messages are answered', async () => {
  const conversation = await talking();
  await names.set(HOSTS.replace(/.*temporal.*\n/, ''));
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
    await names.set(HOSTS);
  }
  await conversation.send('Are you there now?');
  await answered(conversation, 'Are you there now?');
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

/** The type of the failure of the last attempt at its reply. */
async function failureOf({ id }: Conversation): Promise<string | null | undefined> {
  const workflow = conversationWorkflowId({ tenant: DEFAULT_TENANT, id });
  const { raw } = await temporal.workflow.getHandle(workflow).describe();
  return raw.pendingActivities?.[0]?.lastFailure?.applicationFailureInfo?.type;
}
