/** A program in a terminal (tmux), with a person who types and reads. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface Terminal {
  /** Types a line, and ends it a moment later: a program may take a line that arrives at once for pasted text. */
  type(text: string): Promise<void>;
  /** Types without an end. */
  write(text: string): Promise<void>;
  /** Presses a key, by tmux's name for it. */
  key(name: string): Promise<void>;
  /** Waits until the screen shows it. */
  shows(what: string | RegExp): Promise<string>;
  resize(columns: number): Promise<void>;
  screen(): Promise<string>;
  /** SIGKILL for the program. */
  kill9(): Promise<void>;
  close(): Promise<void>;
}

const LONGEST_MS = 60_000;

export async function openTerminal(
  command: string[],
  {
    cwd,
    env = {},
    columns = 200,
    rows = 120,
  }: { cwd: string; env?: Record<string, string>; columns?: number; rows?: number },
): Promise<Terminal> {
  const socket = `meanwhile-${randomUUID()}`;
  const tmux = async (...given: string[]) =>
    (await promisify(execFile)('tmux', ['-L', socket, '-f', '/dev/null', ...given])).stdout;
  const settings = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('new-session', '-d', ...size, '-c', cwd, ...settings, ...command);
  await tmux('set-option', 'remain-on-exit', 'on');
  const screen = () => tmux('capture-pane', '-p', '-J');

  return {
    async type(text) {
      await tmux('send-keys', '-l', text);
      await sleep(500);
      await tmux('send-keys', 'Enter');
    },
    async write(text) {
      await tmux('send-keys', '-l', text);
    },
    async key(name) {
      await tmux('send-keys', name);
      await sleep(300);
    },
    async shows(what) {
      for (const until = Date.now() + LONGEST_MS; ; await sleep(200)) {
        const text = await screen();
        if (typeof what === 'string' ? text.includes(what) : what.test(text)) return text;
        if (Date.now() > until) throw new Error(`The screen does not show ${what}:\n${text}`);
      }
    },
    async resize(columns) {
      await tmux('resize-window', '-x', String(columns));
    },
    screen,
    async kill9() {
      const pid = Number(await tmux('display-message', '-p', '#{pane_pid}'));
      process.kill(pid, 'SIGKILL');
    },
    async close() {
      await tmux('kill-server').catch(() => {});
    },
  };
}
