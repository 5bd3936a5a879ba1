/** A lock that lets only one service use a home. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../worker/file-lock.ts';

export interface HomeLock {
  /** Writes the URL that a refused process reports. */
  announce(url: string): void;
  release(): void;
}

/** The message is complete: show it and stop. */
export class HomeInUse extends Error {
  override name = 'HomeInUse';
}

/** @throws HomeInUse when another service holds `home`, an existing folder. */
export function lockHome(home: string): HomeLock {
  const holder = join(home, 'service.json');
  const release = tryLock(join(home, 'service.lock'));
  if (!release) throw new HomeInUse(refusal(home, holder));

  const write = (url?: string) => writeFileSync(holder, JSON.stringify({ pid: process.pid, url }));
  write();
  return {
    announce: write,
    release() {
      rmSync(holder, { force: true });
      release();
    },
  };
}

function refusal(home: string, holder: string): string {
  const { pid, url } = readHolder(holder);
  const who = pid === undefined ? 'Meanwhile is already running' : `Already running as pid ${pid}`;
  const where = url === undefined ? '' : ` on ${url}`;
  return `${who}${where}, with its data in ${home}. Stop it first, or set MEANWHILE_HOME and PORT to run another one alongside it.`;
}

/** URL of the last service that held this home; undefined if it stopped in order, or is only just starting. */
export const runningAt = (home: string): string | undefined =>
  readHolder(join(home, 'service.json')).url;

/** Empty if the holder has not written the file yet. */
function readHolder(holder: string): { pid?: number; url?: string } {
  try {
    return JSON.parse(readFileSync(holder, 'utf8'));
  } catch {
    return {};
  }
}
