import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { adaptersOf, harnessOf } from './adapters.ts';
import type { PushedText } from './target.ts';

const NEWS: PushedText = { thread: 't-1', text: 'Done.', schedule: 'when_idle', id: 'n-1' };
const none = { MEANWHILE_PUSH_CODEX: undefined, MEANWHILE_PUSH_OPENCODE: undefined };
const signal = () => AbortSignal.timeout(10_000);

test('a conversation belongs to the harness that began it, if a setting says how to reach it', () => {
  const settings = { MEANWHILE_PUSH_CODEX: 'queue', MEANWHILE_PUSH_OPENCODE: undefined };
  expect(harnessOf('client:codex-mcp-client', settings)).toBe('codex');
  expect(harnessOf('client:codex', settings)).toBe('codex');
  expect(harnessOf('client:opencode', settings)).toBeUndefined();
  expect(harnessOf('client:cursor', settings)).toBeUndefined();
  expect(harnessOf('client:codex', none)).toBeUndefined();
});

describe('codex queue', () => {
  /** A program that writes down its arguments. */
  async function program(code = 0) {
    const folder = await mkdtemp(join(tmpdir(), 'meanwhile-queue-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [path, said] = [join(folder, 'codex'), join(folder, 'said')];
    await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "$@" > ${said}\nexit ${code}\n`);
    await chmod(path, 0o755);
    const { codex } = adaptersOf({ ...none, MEANWHILE_PUSH_CODEX: `queue:${path}` });
    return { push: codex!, said: () => readFile(said, 'utf8') };
  }

  test('gets the thread and the text, which cannot be taken for options', async () => {
    const { push, said } = await program();
    expect(await push({ ...NEWS, text: '--resume' }, signal())).toBe(true);
    expect(await said()).toBe('queue\n--thread=t-1\n--message=--resume\n');
  });

  test('does not take silent news, since every message starts a turn', async () => {
    const { push } = await program();
    expect(await push({ ...NEWS, schedule: 'silent' }, signal())).toBe(false);
  });

  test('that fails rejects, so that the push is retried', async () => {
    const { push } = await program(1);
    await expect(push(NEWS, signal())).rejects.toThrow();
  });
});

describe('opencode', () => {
  async function server(status: number) {
    const heard: { url: string; body: unknown }[] = [];
    const http = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        heard.push({ url: request.url!, body: JSON.parse(text) });
        response.writeHead(status).end();
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const { opencode } = adaptersOf({ ...none, MEANWHILE_PUSH_OPENCODE: url });
    return { push: opencode!, heard };
  }

  test('gets a prompt, and for silent news one that asks for no reply', async () => {
    const { push, heard } = await server(204);
    expect(await push(NEWS, signal())).toBe(true);
    expect(await push({ ...NEWS, schedule: 'silent' }, signal())).toBe(true);
    const parts = [{ type: 'text', text: 'Done.' }];
    expect(heard).toEqual([
      { url: '/session/t-1/prompt_async', body: { parts } },
      { url: '/session/t-1/prompt_async', body: { parts, noReply: true } },
    ]);
  });

  test('that does not know the session takes nothing, and one that fails rejects', async () => {
    expect(await (await server(404)).push(NEWS, signal())).toBe(false);
    await expect((await server(500)).push(NEWS, signal())).rejects.toThrow('500');
  });
});

test('an app-server that cannot be reached rejects, so that the push is retried', async () => {
  const { codex } = adaptersOf({ ...none, MEANWHILE_PUSH_CODEX: 'ws://127.0.0.1:9' });
  await expect(codex!(NEWS, signal())).rejects.toThrow('cannot be reached');
});
