/** The example's service of a remote tool as a process of its own, which a test can kill and start again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMailbox } from './mailbox.ts';
import { removeFolder } from './remove-folder.ts';

export interface Receiver {
  start(): Promise<void>;
  kill9(): Promise<void>;
  /** The next line it prints, after the one that says where it listens. */
  said(): Promise<string>;
  remove(): Promise<void>;
}

/** Starts it for the first time. */
export async function startReceiver(env: {
  PORT: string;
  RENDER_SECRET: string;
  FRAME_MS: string;
}) {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-receiver-'));
  const lines = createMailbox<string>('the receiver says something');
  let child: ChildProcess | undefined;

  const receiver: Receiver = {
    async start() {
      const started = spawn(process.execPath, ['docs/examples/remote-receiver/receiver.mjs'], {
        env: { ...process.env, ...env, JOBS: join(folder, 'jobs') },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child = started;
      await new Promise<void>((resolve, reject) => {
        started.once('close', (code) => reject(new Error(`The receiver ended (${code}).`)));
        started.stdout.setEncoding('utf8').on('data', (text: string) => {
          for (const line of text.split('\n').filter(Boolean)) {
            if (line.startsWith('listening')) resolve();
            else lines.put(line);
          }
        });
      });
    },
    async kill9() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
    said: lines.take,
    async remove() {
      await receiver.kill9();
      await removeFolder(folder);
    },
  };
  await receiver.start();
  return receiver;
}
