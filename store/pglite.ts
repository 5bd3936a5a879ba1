/** PGlite in a folder: one PostgreSQL backend inside this process, without the others that look after its files. */
import { mkdir } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { startPGlite, type ThreadedPGlite } from './pglite-client.ts';
import type { Store } from './store.ts';
import { copyTemplate } from './template.ts';

/** @throws Error naming the folder. */
export async function openPGlite(
  folder: string,
  log?: (line: string) => void,
): Promise<ThreadedPGlite> {
  try {
    await copyTemplate(folder);
    await mkdir(folder, { recursive: true });
    // What a checkpoint leaves of the write-ahead log; PostgreSQL's own measure, a gigabyte, is made for servers.
    const wal = ['-c', 'max_wal_size=64MB', '-c', 'min_wal_size=32MB'];
    const startParams = [...PGlite.defaultStartParams, ...wal];
    return await startPGlite({ folder, startParams }, { log });
  } catch (error) {
    // PGlite fails with no more than "Aborted()" where the files are not whole or cannot be written.
    throw new Error(
      `The store in ${folder} could not be opened (${String(error)}): is the folder writable, unharmed, and open nowhere else?`,
      { cause: error },
    );
  }
}

/**
 * The same store, which tidies up after itself. A server does so in processes of its own; here nobody would ever vacuum or
 * checkpoint: the files would grow by the whole text with each piece that is added to a draft, and reopening after a crash would
 * replay all of it.
 */
export function tidied(store: Store, pglite: ThreadedPGlite): Store {
  let writes = 0;
  const counted = async <T>(write: Promise<T>): Promise<T> => {
    const done = await write;
    writes += 1;
    if (writes % WRITES_BETWEEN === 0) {
      // Rows of these are rewritten or removed all the time; an entry hardly ever is.
      await pglite.exec('vacuum conversations, drafts, progress, holders');
      await pglite.exec('checkpoint');
    }
    return done;
  };
  return {
    ...store,
    record: (batch, options) => counted(store.record(batch, options)),
    closeGone: (conversation, end) => counted(store.closeGone(conversation, end)),
    appendDraft: (conversation, draft) => counted(store.appendDraft(conversation, draft)),
    setProgress: (conversation, callId, progress) =>
      counted(store.setProgress(conversation, callId, progress)),
  };
}

/** Some tens of milliseconds each time; a long draft may have written some ten megabytes in between. */
const WRITES_BETWEEN = 1_000;
