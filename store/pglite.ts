/** PGlite in a folder: one PostgreSQL backend inside this process, without the background processes that maintain its files. */
import { startPGlite, type ThreadedPGlite } from './pglite-client.ts';
import type { Store } from './store.ts';

/** @throws Error that names the folder */
export async function openPGlite(
  folder: string,
  log?: (line: string) => void,
): Promise<ThreadedPGlite> {
  try {
    return await startPGlite({ folder }, { log });
  } catch (error) {
    // PGlite fails with a bare "Aborted()" when the files are damaged or cannot be written.
    throw new Error(
      `The store in ${folder} could not be opened (${String(error)}): check that the folder is writable, undamaged and not open elsewhere.`,
      { cause: error },
    );
  }
}

/**
 * A store that maintains its files. A PostgreSQL server does so in background processes; PGlite would never vacuum or
 * checkpoint. The files would grow by the whole text with each chunk that is added to a draft, and reopening after a crash
 * would replay all of it.
 */
export function tidied(store: Store, pglite: ThreadedPGlite): Store {
  let writes = 0;
  const counted = async <T>(write: Promise<T>): Promise<T> => {
    const done = await write;
    writes += 1;
    if (writes % WRITES_BETWEEN === 0) {
      // The rows of these tables are rewritten or removed all the time; entries hardly ever are.
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

/** Maintenance takes some tens of milliseconds; in between, a long draft may have written some ten megabytes. */
const WRITES_BETWEEN = 1_000;
