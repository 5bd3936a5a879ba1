/**
 * A lock between processes: SQLite's lock on an empty file. The kernel releases it when its holder dies, even by kill -9, so no lock is
 * ever stale. It needs nothing from the disk that Temporal's own database does not need too.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

export type Release = () => void;

/** Undefined when the lock is already held, even by this process. The file stays; nothing may ever delete or read it. */
export function tryLock(file: string): Release | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    return undefined;
  }
  held.add(database);
  return () => {
    held.delete(database);
    database.close();
  };
}

/** The garbage collector would close an unreferenced database and so release its lock. */
const held = new Set<DatabaseSync>();

/** @throws the signal's reason when it aborts while waiting. */
export async function lock(file: string, signal: AbortSignal): Promise<Release> {
  for (;;) {
    signal.throwIfAborted();
    const release = tryLock(file);
    if (release) return release;
    await sleep(50);
  }
}

const SQLITE_BUSY = 5;
