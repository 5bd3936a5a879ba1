/**
 * What a worker process has in hand, on disk, for the one that finds it dead (worker/handover.ts). Written without waiting for the disk: a
 * killed process leaves what it has given to the system. A lock says that it lives; the kernel drops it with the process.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CallStart } from '../contract/turn.ts';
import { type Release, tryLock } from './file-lock.ts';

export interface Facts {
  /** As Temporal knows the worker. */
  identity: string;
  namespace: string;
  /** Of the machine, since it was started. Empty where the system has no such id. */
  boot: string;
}

export interface InHand {
  workflow: { id: string; run: string };
  /** Of the attempt at an activity, base64. Absent: a local activity, which is part of a workflow task. */
  token?: string;
  /** The call whose tool it runs. */
  call?: Pick<CallStart, 'conversation' | 'call_id' | 'tool'>;
}

export interface Journal {
  /** Its name in the folder. */
  name: string;
  boot: string;
  /** @returns what is called when it is no longer in hand */
  begin(work: InHand): () => void;
  /** Leaves nothing behind, unless something is still in hand: that is for the next one. */
  close(): void;
}

/** Whoever dies just after something has ended may not have said so to Temporal. To hand over what has ended is harmless. */
const KEPT_MS = 5_000;
const TIDY_MS = 2_000;

/**
 * @param warn a disk that is full, or gone, costs the handover and nothing else: what is in hand goes on
 * @throws Error where none can be begun
 */
export function openJournal(
  folder: string,
  facts: Facts,
  warn: (message: string, error: unknown) => void = () => {},
): Journal {
  mkdirSync(folder, { recursive: true });
  const { name, release } = claimName(folder);
  const file = fileOf(folder, name);
  const inHand = new Set<InHand>();
  let ended: { work: InHand; at: number }[] = [];
  /** What an ended workflow task leaves, so that the task queue of this process can be found. */
  let last: InHand | undefined;
  let isTidy = true;
  let isTold = false;
  let output: number | undefined = rewrite();

  /** Complete or not there: a kill in the middle leaves the file as it was. */
  function rewrite(): number {
    const lines = [facts, ...ended.map(({ work }) => work), ...inHand, ...(last ? [last] : [])];
    writeFileSync(`${file}.new`, lines.map(toLine).join(''));
    renameSync(`${file}.new`, file);
    return openSync(file, 'a');
  }

  function attempt(write: () => void): void {
    try {
      write();
      isTold = false;
    } catch (error) {
      stop();
      if (isTold) return;
      isTold = true;
      warn('The journal of this worker cannot be written. It is tried again.', error);
    }
  }

  function stop(): void {
    if (output !== undefined) closeSync(output);
    output = undefined;
    isTidy = false;
  }

  function tidy(): void {
    ended = ended.filter(({ at }) => performance.now() - at < KEPT_MS);
    if (isTidy) return;
    stop();
    output = rewrite();
    isTidy = ended.length === 0;
  }
  const tidying = setInterval(() => attempt(tidy), TIDY_MS).unref();

  return {
    name,
    boot: facts.boot,
    begin(work) {
      inHand.add(work);
      last = { workflow: work.workflow };
      if (output !== undefined) attempt(() => writeSync(output!, toLine(work)));
      return () => {
        inHand.delete(work);
        ended.push({ work, at: performance.now() });
        isTidy = false;
      };
    },
    close() {
      clearInterval(tidying);
      stop();
      if (inHand.size === 0) removeJournal(folder, name);
      release();
    },
  };
}

export interface Left extends Facts {
  inHand: InHand[];
  /** When it was last written to, in milliseconds since 1970. */
  written_at: number;
}

/** Of a process that is dead, and nobody else's until it is released. Undefined: it lives, or somebody sees to it already. */
export function takeJournal(
  folder: string,
  name: string,
): { left: Left | undefined; remove(): void; release: Release } | undefined {
  const release = tryLock(lockOf(folder, name));
  if (!release) return undefined;
  return { left: readJournal(folder, name), remove: () => removeJournal(folder, name), release };
}

function readJournal(folder: string, name: string): Left | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(folder, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
  // Only whole lines: the last one may have been cut off.
  const [facts, ...inHand] = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return { ...facts, inHand, written_at: statSync(fileOf(folder, name)).mtimeMs };
}

function removeJournal(folder: string, name: string): void {
  rmSync(fileOf(folder, name), { force: true });
  rmSync(lockOf(folder, name), { force: true });
}

/** Somebody who looks for the dead may be quicker to lock what has only just been made. */
function claimName(folder: string): { name: string; release: Release } {
  for (;;) {
    const name = `${process.pid}-${randomUUID().slice(0, 8)}`;
    const release = tryLock(lockOf(folder, name));
    if (release) return { name, release };
  }
}

const LOCK = '.lock';
const lockOf = (folder: string, name: string) => join(folder, `${name}${LOCK}`);
const fileOf = (folder: string, name: string) => join(folder, `${name}.journal`);

/** Names of journals, from those of the files in their folder. */
export const journalsIn = (files: string[]) =>
  files.filter((file) => file.endsWith(LOCK)).map((file) => file.slice(0, -LOCK.length));

const toLine = (value: object) => `${JSON.stringify(value)}\n`;
