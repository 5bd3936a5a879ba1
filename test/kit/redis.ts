/** A throw-away Redis for tests: on a free port of 127.0.0.1, with nothing on disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { stopWithThisProcess } from './stop-with-this-process.ts';
import { removeFolder } from './remove-folder.ts';

export interface TestRedis {
  url: string;
  port: number;
  /** Undefined while it is dead. */
  pid(): number | undefined;
  kill9(): Promise<void>;
  /** It takes connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** On the same port, empty. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error that says what to install, or what the server said */
export async function startRedis({ password = '' } = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-redis-'));
  const port = await getPort();
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const flags = {
      port,
      bind: '127.0.0.1',
      dir: folder,
      save: '',
      appendonly: 'no',
      requirepass: password,
    };
    const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const own = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    server = own;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const onOutput = (text: string) => {
        said += text;
        if (said.includes('Ready to accept connections')) resolve();
      };
      for (const output of [own.stdout, own.stderr])
        output.setEncoding('utf8').on('data', onOutput);
      own.once('error', (cause) => reject(new Error(MISSING, { cause })));
      own.once('exit', () => reject(new Error(`Redis did not start:\n${said}`)));
    });
    stopWithThisProcess(own, folder, 'KILL');
    own.once('exit', () => {
      if (server === own) server = undefined;
    });
  }

  async function kill9(): Promise<void> {
    if (!server) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: () => server?.pid,
    kill9,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    start,
    async stop() {
      await kill9();
      await removeFolder(folder);
    },
  };
}

const MISSING =
  'These tests need Redis 6 or newer: install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis).';
