/** Opens the store: PostgreSQL if a URL is given, else PGlite in a folder. */
import { Kysely, PGliteDialect, type Dialect } from 'kysely';
import type { Keyring } from '../security/encryption/keyring.ts';
import { calls } from './calls.ts';
import { closingGone } from './close-gone.ts';
import { conversations } from './conversations.ts';
import { drafts } from './drafts.ts';
import { writers } from './writer.ts';
import { idempotency } from './idempotency.ts';
import { erasing } from './erase.ts';
import { keys } from './keys.ts';
import { log } from './log.ts';
import { migrate } from './migrate.ts';
import { openPGlite, tidied } from './pglite.ts';
import { connectPatiently, connectPostgres } from './postgres.ts';
import { progress } from './progress.ts';
import { pruning } from './prune.ts';
import { pruned } from './pruned.ts';
import { recording } from './record.ts';
import { results } from './results.ts';
import { retention } from './retention.ts';
import { searching } from './search.ts';
import type { Database } from './schema.ts';
import { slots } from './slots.ts';
import type { Store } from './store.ts';
import { tallied } from './tallied.ts';
import { tokens } from './tokens.ts';
import { withWords } from './words.ts';
import { tellUnavailable } from './unavailable.ts';

/**
 * Opens the PostgreSQL at `url`, or else PGlite in `folder`, which is created if necessary. Tables are migrated first.
 *
 * Only one process at a time may open a folder: two would destroy each other's data, and PGlite does not notice. The caller has to
 * lock it. Acknowledged writes survive the death of the process, but PGlite never syncs to disk: a power cut may lose the last moments
 * or damage the files. PostgreSQL survives both.
 *
 * If PGlite stops, it is opened again and the stop is logged.
 *
 * @throws Error if the database cannot be reached or migrated; the message is complete, without the password.
 */
export async function openStore({ url, folder, log, keyring }: StoreOptions): Promise<OpenStore> {
  if (url !== undefined) {
    await migrateOn(await connectPatiently(url));
    const dialect = withWords(connectPostgres(url), keyring);
    const store = pruned(tallied(storeIn(new Kysely({ dialect }), keyring), log));
    return { ...store, failed: new Promise<never>(() => {}) };
  }
  const pglite = await openPGlite(folder, log);
  const tidy = tidied(await storeOn(new PGliteDialect({ pglite }), keyring), pglite);
  const store = pruned(tallied(tidy, log));
  return { ...store, failed: pglite.failed };
}

export interface StoreOptions {
  url?: string;
  folder: string;
  log?: (line: string) => void;
  /** Encrypts words. Default: they are stored as they are. */
  keyring?: Keyring | undefined;
}

export interface OpenStore extends Store {
  /** Rejects when the store has stopped for good. An unreachable PostgreSQL is expected to come back. */
  failed: Promise<never>;
}

/** The store on any dialect of PostgreSQL's SQL, for instance PGlite in memory. `close` also ends the connections. */
export async function storeOn(dialect: Dialect, keyring?: Keyring): Promise<Store> {
  const db = new Kysely<Database>({ dialect: withWords(dialect, keyring) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return storeIn(db, keyring);
}

/** Migrates the tables, and ends its connections. */
async function migrateOn(dialect: Dialect): Promise<void> {
  const db = new Kysely<Database>({ dialect });
  try {
    await migrate(db);
  } finally {
    await db.destroy();
  }
}

const storeIn = (db: Kysely<Database>, keyring: Keyring | undefined): Store =>
  tellUnavailable({
    ...conversations(db),
    ...searching(db, keyring !== undefined),
    ...recording(db),
    ...writers(db),
    ...closingGone(db),
    ...log(db),
    ...drafts(db),
    ...progress(db),
    ...results(db),
    ...idempotency(db),
    ...slots(db),
    ...calls(db),
    ...tokens(db),
    ...keys(db),
    ...erasing(db),
    ...retention(db),
    ...pruning(db),
    close: () => db.destroy(),
  });
