import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Meanwhile } from '../client/meanwhile.ts';
import { readConfig } from '../config.ts';
import { banner } from './banner.ts';
import { HomeInUse } from './home-lock.ts';
import { PortInUse, whyNotFree } from './ports.ts';
import { startService, type Service } from './start.ts';

let home: string;
let running: Service[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'meanwhile-service-'));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((service) => service.close()));
  await rm(home, { recursive: true, force: true });
});

test('a service answers, stops everything it started, and restarts with all its data', async () => {
  const first = await start();
  const { id } = await new Meanwhile({ baseURL: first.url, maxRetries: 0 }).post(
    '/v1/conversations',
    {
      message: { text: 'hello' },
    },
  );
  expect(await reply(first, id)).toMatch(/^Hello!/);
  const ports = [first.url, `http://${first.temporalAddress}`, first.uiUrl!, first.demoModelUrl!];
  await first.close();
  for (const url of ports) {
    const { hostname, port } = new URL(url);
    // Another service may take a port that is free again, and gives it back.
    const taken = () => whyNotFree(Number(port), hostname);
    await expect.poll(taken, { message: url, timeout: 60_000 }).toBeUndefined();
  }

  const second = await start();
  const client = new Meanwhile({ baseURL: second.url, maxRetries: 0 });
  expect(await client.get(`/v1/conversations/${id}`)).toMatchObject({ id, status: 'idle' });
  await client.post(`/v1/conversations/${id}/messages`, { text: 'help' });
  expect(await reply(second, id, 2)).toBeTruthy();
});

test('the commands of the banner can be pasted into a shell', async () => {
  const service = await start();
  const shown = banner(service, settingsOf({}));
  const [create] = /^ {2}id=(?:.*\\\n)?.*$/m.exec(shown) ?? [];
  const { stdout } = await promisify(execFile)('sh', ['-c', `${create}\necho "$id"`]);
  expect(
    await new Meanwhile({ baseURL: service.url, maxRetries: 0 }).get(
      `/v1/conversations/${stdout.trim()}`,
    ),
  ).toMatchObject({
    id: stdout.trim(),
  });
  expect(shown).toContain(`curl -N ${service.url}/v1/conversations/$id/stream`);
});

test('a second service on the same home is refused, and the first is not disturbed', async () => {
  const first = await start();
  const second = start();
  await expect(second).rejects.toThrow(HomeInUse);
  await expect(second).rejects.toThrow(`Already running as pid ${process.pid} on ${first.url}`);
  expect(await new Meanwhile({ baseURL: first.url, maxRetries: 0 }).get('/readyz')).toEqual({
    store: 'ok',
    temporal: 'ok',
  });
});

test('a PORT in use is reported before anything is started', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  try {
    const refused = start({ PORT: String(port) });
    await expect(refused).rejects.toThrow(PortInUse);
    await expect(refused).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use. Set PORT`);
    expect(await readdir(home)).toEqual(['service.lock']);
  } finally {
    server.close();
  }
});

test('a start that fails halfway leaves nothing running', async () => {
  await writeFile(join(home, 'store'), 'a file where the folder of the store should be');
  await expect(start()).rejects.toThrow(/The store in .* could not be opened/);
  expect(await readdir(home)).not.toContain('temporal.json');
  await rm(join(home, 'store'));
  await start();
});

test('an interrupted start leaves nothing running', async () => {
  const breaking = new AbortController();
  const service = startService(settingsOf({}), {
    log: () => {},
    signal: breaking.signal,
  });
  breaking.abort();
  await expect(service).rejects.toThrow();
  expect(await readdir(home)).not.toContain('temporal.json');
  expect(await readdir(home)).not.toContain('service.json');
});

function settingsOf(environment: Record<string, string>) {
  return readConfig({ PORT: '0', MEANWHILE_HOME: home, ...environment });
}

async function start(environment: Record<string, string> = {}): Promise<Service> {
  const service = await startService(settingsOf(environment), { log: () => {} });
  running.push(service);
  return service;
}

/** The text of the nth completed reply. */
async function reply({ url }: Service, id: string, n = 1): Promise<string> {
  let seen = 0;
  for await (const item of new Meanwhile({ baseURL: url }).conversations.open(id).follow()) {
    if (item.type !== 'entry' || item.data.kind !== 'reply.completed') continue;
    if (++seen === n) return item.data.text;
  }
  throw new Error('the stream ended');
}
