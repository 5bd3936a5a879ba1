/** Brings the tables to this version. */
import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { migrations } from './migrations.ts';
import type { Database } from './schema.ts';

/**
 * Migrates the tables. Several processes may do so at the same time: PostgreSQL lets one in at a time.
 *
 * During a rolling update, processes of two versions use the same tables. So a migration only adds, and a later release removes what is
 * no longer used, in a migration whose name contains `contract`. This version ignores additions of newer versions; it refuses a
 * database that a contraction has changed.
 *
 * @param own for tests: the migrations of another version
 * @throws Error if the database is too new for this version, or if a migration failed; nothing was changed then.
 */
export async function migrate(db: Kysely<Database>, own = migrations): Promise<void> {
  const before = await applied(db);
  const newer = before.filter((name) => !(name in own));
  const contraction = newer.find((name) => name.includes('contract'));
  if (contraction !== undefined) {
    throw new Error(
      `A newer version has changed the database (${contraction}) so that this version cannot use it. Start that version, or a newer one.`,
    );
  }
  // The migrator asks more of the catalogue than a start should wait for.
  if (Object.keys(own).every((name) => before.includes(name))) return;
  const additions = Object.fromEntries(newer.map((name) => [name, NOTHING]));
  const provider = { getMigrations: async () => ({ ...own, ...additions }) };
  // A newer version may be applying its migrations at the same time.
  const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true });
  const { error } = await migrator.migrateToLatest();
  if (error && (await applied(db)).some((name) => !(name in own) && !newer.includes(name))) {
    return migrate(db, own);
  }
  if (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The database migration failed: ${why}`, {
      cause: error,
    });
  }
}

/** Stands for a migration that another version has applied. */
const NOTHING: Migration = { async up() {} };

async function applied(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select to_regclass('kysely_migration')::text as name`.execute(db);
  if (!rows[0]?.name) return [];
  const all = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
    db,
  );
  return all.rows.map(({ name }) => name);
}
