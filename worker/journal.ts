/**
 * The unfinished work of a worker process, on disk, for the process that finds it dead (worker/handover.ts). The journal is written
 * without fsync: the operating system keeps what a killed process has written. A lock shows that the process is alive; the kernel
 * releases the lock when the process ends.
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
import type { CallStart } from '../contract/call.ts';
import { type Release, tryLock } from './file-lock.ts';

export interface Facts {
  /** The worker's identity in Temporal. */
  identity: string;
  namespace: string;
  /** The machine's boot id. Empty where the system has no such id. */
  boot: string;
}

export interface InHand {
  workflow: { id: string; run: string };
  /** The task token of an activity attempt, base64. Absent for a local activity, which is part of a workflow task. */
  token?: string;
  /** The call whose tool it runs. */
  call?: Pick<CallStart, 'conversation' | 'call_id' | 'tool'>;
}

export interface Journal {
  /** The journal's name in the folder. */
  name: string;
  boot: string;
  /** @returns a function to call when the work is done */
  begin(work: InHand): () => void;
  /** Removes the journal. If there is unfinished work, leaves the journal to the next process. */
  close(): void;
}

/** A process that dies just after work has ended may not have reported it to Temporal. Handing over ended work is harmless. */
const KEPT_MS = 5_000;
/** The interval at which the file is rewritten without the work that has ended. */
const TIDY_MS = 2_000;

/**
 * @param warn called when the journal cannot be written, for example on a full disk: the work goes on, but is not handed over
 * @throws Error when no journal can be created
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
  /** Kept after a workflow task has ended, so that the task queue of this process can be found. */
  let last: InHand | undefined;
  let isTidy = true;
  let isWarned = false;
  let output: number | undefined = rewrite();

  /** Replaces the whole file: a kill during the write leaves the old one. */
  function rewrite(): number {
    const lines = [facts, ...ended.map(({ work }) => work), ...inHand, ...(last ? [last] : [])];
    writeFileSync(`${file}.new`, lines.map(toLine).join(''));
    renameSync(`${file}.new`, file);
    return openSync(file, 'a');
  }

  function attempt(write: () => void): void {
    try {
      write();
      isWarned = false;
    } catch (error) {
      stop();
      if (isWarned) return;
      isWarned = true;
      warn('Cannot write the journal of this worker. Retrying.', error);
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
  /** When the file was last written to, in milliseconds since 1970. */
  written_at: number;
}

/**
 * Locks the journal of a dead process until `release` is called. Undefined when the process is alive, or another process has
 * taken the journal.
 */
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
  // Reads only whole lines: the last one may have been cut off.
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

/** A process that looks for dead ones may lock the new file first; then another name is tried. */
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

/** The names of the journals among the files of their folder. */
export const journalsIn = (files: string[]) =>
  files.filter((file) => file.endsWith(LOCK)).map((file) => file.slice(0, -LOCK.length));

const toLine = (value: object) => `${JSON.stringify(value)}\n`;
