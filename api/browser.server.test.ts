/** A page of another origin in a real Chromium: it has a token, and the service's setting names its origin. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAccess } from '../security/access/access.ts';
import { createKey } from '../security/access/manage.ts';
import { Meanwhile } from '../client/meanwhile.ts';
import { createTestApi, PUSH_SECRET, TEST_SETTINGS, type TestApi } from '../test/kit/api.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { batch, messages } from '../test/store/samples.ts';

/** Sends a message, reads what the stream brings, and reports to the server that it came from. */
const PAGE = `
  import { Meanwhile } from '${fileURLToPath(new URL('../client/index.ts', import.meta.url))}';
  const { baseURL, apiKey, id, other } = await (await fetch('/settings')).json();
  const report = (seen) => fetch('/report', { method: 'POST', body: JSON.stringify(seen) });
  try {
    const meanwhile = new Meanwhile({ baseURL, apiKey, maxRetries: 0 });
    const conversation = meanwhile.conversations.open(id);
    const { message_id } = await conversation.send('hello from a page');
    const seen = { message_id };
    for await (const item of conversation.follow()) {
      if (item.type !== 'entry') continue;
      seen.text = item.data.text;
      break;
    }
    const refused = await meanwhile.conversations.get(other).catch((error) => error);
    await report({ ...seen, refused: [refused.status, refused.code, refused.requestId] });
  } catch (error) {
    await report({ error: String(error) });
  }
`;

let api: TestApi;
let page: Server;
let chromium: ChildProcess | undefined;
let profile: string;
let reported: Promise<any>;
let told: (seen: unknown) => void;
let settings: object;

beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'meanwhile-chromium-'));
  const made = await build({
    stdin: { contents: PAGE, resolveDir: profile, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    nodePaths: [fileURLToPath(new URL('../node_modules', import.meta.url))],
  });
  const script = made.outputFiles[0]!.text;
  ({ promise: reported, resolve: told } = Promise.withResolvers<any>());
  page = createServer((request, response) => {
    if (request.url === '/settings') return void response.end(JSON.stringify(settings));
    if (request.url === '/report') {
      text(request).then((body) => told(JSON.parse(body)), told);
      return void response.end();
    }
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><script type="module">${script}</script>`);
  });
  page.listen(0, '127.0.0.1');
  await once(page, 'listening');
});

afterEach(async () => {
  if (chromium && chromium.exitCode === null) {
    process.kill(-chromium.pid!, 'SIGKILL');
    await once(chromium, 'close');
  }
  page.closeAllConnections();
  page.close();
  await api.app.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

const origin = () => `http://127.0.0.1:${(page.address() as AddressInfo).port}`;

/** A service that allows these origins, with a key and two conversations, and the page with a token for one of them. */
async function visit(origins: string | undefined) {
  const store = createMemoryStore();
  const scopes = ['read', 'write'] as const;
  const made = await createKey(store, 'acme', { name: 'web', scopes: [...scopes], test: false });
  const access = await openAccess({ store, secret: PUSH_SECRET });
  api = await createTestApi({
    store,
    access,
    settings: { ...TEST_SETTINGS, MEANWHILE_CORS_ORIGINS: origins },
  });
  const baseURL = await api.listen();
  const meanwhile = new Meanwhile({ baseURL, apiKey: made.key });
  const conversation = await meanwhile.conversations.create();
  const other = await meanwhile.conversations.create();
  const { token } = await conversation.createToken();
  const key = { tenant: 'acme', id: conversation.id };
  await store.record(batch(key, [1, 1], 1, messages(1, 'what the log has')));
  settings = { baseURL, apiKey: token, id: conversation.id, other: other.id };
  chromium = spawn(
    'chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      `--user-data-dir=${profile}`,
      origin(),
    ],
    { detached: true, stdio: 'ignore' },
  );
  return Promise.race([
    reported,
    once(chromium, 'error').then(([error]) => Promise.reject(error as Error)),
  ]);
}

test('a page of an origin that is named follows and talks with a token for one conversation', async () => {
  const seen = await visit(origin());
  expect(seen).toEqual({
    message_id: expect.stringMatching(/^msg_/) as string,
    text: 'what the log has',
    refused: [404, 'conversation_not_found', expect.stringMatching(/^req_/) as string],
  });
  const sent = api.gateway.calls.find(({ method }) => method === 'message');
  expect(sent?.payload).toMatchObject({ text: 'hello from a page' });
});

test('a page of any other origin can do nothing, even with the token', async () => {
  const seen = await visit('https://app.example');
  expect(seen.error).toContain('cannot be reached');
  expect(api.gateway.calls.filter(({ method }) => method === 'message')).toEqual([]);
});
