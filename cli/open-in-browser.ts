import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** Opens the URL in the user's browser, if there is one. Failures are ignored. */
export function openInBrowser(url: string): void {
  const [program, ...args] = COMMANDS[platform()] ?? ['xdg-open'];
  const child = spawn(program!, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

const COMMANDS: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};
