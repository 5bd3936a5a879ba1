/** The migrations that make the tables. A released migration is never edited; a change is a new one at the end. */
import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Ordered by name, which begins with a number. */
export const migrations: Record<string, Migration> = {
  '0001_log': {
    async up(db: Kysely<unknown>) {
      await sql`
        create table conversations (
          tenant text not null,
          id text not null,
          agent text not null default 'default',
          metadata json not null default '{}',
          opened boolean not null default false,
          created_at timestamptz not null default now(),
          updated_at timestamptz not null default now(),
          last_seq integer not null default 0,
          revision integer not null default 0,
          fence_run integer not null default 0,
          fence_length integer not null default 0,
          status text not null default 'idle',
          replying integer,
          head json not null,
          primary key (tenant, id)
        )`.execute(db);
      // Serves the pages of `list`. The filter by status is applied to the rows read: an index on status would have to be
      // rewritten with every reply, and pages are requested far less often.
      await sql`
        create index conversations_newest on conversations (tenant, created_at desc, id desc)`.execute(
        db,
      );

      await sql`
        create table entries (
          tenant text not null,
          conversation text not null,
          seq integer not null,
          kind text not null,
          body json not null,
          primary key (tenant, conversation, seq)
        )`.execute(db);
      // Serves `?kind=`: finds a rare kind in a long conversation without reading the rest of it.
      await sql`
        create index entries_kind on entries (tenant, conversation, kind, seq)`.execute(db);

      // One row each time entries were removed or replaced, which is rare.
      await sql`
        create table revisions (
          tenant text not null,
          conversation text not null,
          revision integer not null,
          base integer not null,
          primary key (tenant, conversation, revision)
        )`.execute(db);

      await sql`
        create table drafts (
          tenant text not null,
          conversation text not null,
          reply integer not null,
          attempt integer not null,
          text text not null,
          stopped boolean not null default false,
          primary key (tenant, conversation, reply)
        )`.execute(db);
      // Rewritten some twenty times a second while a reply streams: compressing it each time would be the main cost.
      await sql`alter table drafts alter column text set storage external`.execute(db);

      await sql`
        create table progress (
          tenant text not null,
          conversation text not null,
          call_id text not null,
          progress json not null,
          primary key (tenant, conversation, call_id)
        )`.execute(db);

      await sql`
        create table idempotency_keys (
          tenant text not null,
          scope text not null,
          key text not null,
          body_hash text not null,
          answer json not null,
          claimed_at timestamptz not null default now(),
          primary key (tenant, scope, key)
        )`.execute(db);
    },
  },
  '0002_slots': {
    async up(db: Kysely<unknown>) {
      await sql`
        create table slots (
          tenant text not null,
          queue text not null,
          call_id text not null,
          place integer not null,
          primary key (tenant, queue, call_id),
          unique (tenant, queue, place)
        )`.execute(db);
      await sql`create index slots_of_call on slots (tenant, call_id)`.execute(db);
    },
  },
  '0003_fence_at': {
    async up(db: Kysely<unknown>) {
      // Milliseconds since 1970, which a double holds exactly.
      await sql`
        alter table conversations add column fence_at double precision not null default 0`.execute(
        db,
      );
    },
  },
  '0004_tenant_tokens': {
    async up(db: Kysely<unknown>) {
      // A double counts exactly up to 2^53, and is read as a number, while a bigint is read as text.
      await sql`
        create table tenant_tokens (
          tenant text not null,
          day text not null,
          tokens double precision not null,
          primary key (tenant, day)
        )`.execute(db);
    },
  },
  '0005_results': {
    async up(db: Kysely<unknown>) {
      // Part of the log: nothing is ever removed.
      await sql`
        create table results (
          tenant text not null,
          conversation text not null,
          call_id text not null,
          n text not null,
          json text not null,
          primary key (tenant, conversation, call_id, n)
        )`.execute(db);
    },
  },
  '0006_calls': {
    async up(db: Kysely<unknown>) {
      // One row per process. Rewritten once a second while the process runs tools, so there is no index but the key.
      await sql`
        create table holders (
          id text primary key,
          who json not null,
          seen_at timestamptz not null default clock_timestamp(),
          lapsed boolean not null default false
        )`.execute(db);
      // Removed with its conversation alone: a call that has run must not run again, however late an operator resets a workflow.
      await sql`
        create table calls (
          tenant text not null,
          call_id text not null,
          holder text,
          turn integer not null default 1,
          run text not null,
          body text not null,
          ended boolean not null default false,
          how json,
          changed_at timestamptz not null default now(),
          primary key (tenant, call_id)
        )`.execute(db);
      await sql`create index calls_remembered on calls (changed_at) where how is not null`.execute(
        db,
      );
    },
  },
  '0007_draft_length': {
    async up(db: Kysely<unknown>) {
      // Drafts in progress end with their worker: the next attempt begins at 0.
      await sql`alter table drafts add column length integer not null default 0`.execute(db);
    },
  },
  '0008_resets': {
    async up(db: Kysely<unknown>) {
      // Null: an older version wrote last, and did not say for which run.
      await sql`
        alter table conversations add column fence_run_id text,
          add column fence_runs text[] not null default '{}', add column reset json`.execute(db);
      // What a reset has removed: an operator may return to it. One row per reset, so rows are rare.
      await sql`
        create table superseded (
          tenant text not null,
          conversation text not null,
          revision integer not null,
          runs text[] not null,
          kept integer not null,
          entries json not null,
          primary key (tenant, conversation, revision)
        )`.execute(db);
      await sql`alter table drafts add column run_id text not null default ''`.execute(db);
    },
  },
  '0009_api_keys': {
    async up(db: Kysely<unknown>) {
      // Requests find a key by its hash; administrators find it by its id.
      await sql`
        create table api_keys (
          id text primary key,
          tenant text not null,
          name text not null,
          hash text not null unique,
          hint text not null,
          scopes text[] not null,
          created_at timestamptz not null,
          expires_at timestamptz,
          last_used_at timestamptz,
          revoked_at timestamptz
        )`.execute(db);
      await sql`create index api_keys_newest on api_keys (tenant, created_at desc)`.execute(db);
    },
  },
  '0010_erased': {
    async up(db: Kysely<unknown>) {
      await sql`alter table conversations add column erased_at timestamptz`.execute(db);
      // Null in rows of earlier versions, whose answers are not encrypted.
      await sql`alter table idempotency_keys add column about text`.execute(db);
      await sql`create index idempotency_keys_about on idempotency_keys (tenant, about)`.execute(
        db,
      );
      await sql`
        create table erased_calls (
          tenant text not null,
          conversation text not null,
          call_id text not null,
          erased_at timestamptz not null default now(),
          primary key (tenant, call_id)
        )`.execute(db);
      await sql`create index erased_calls_newest on erased_calls (erased_at)`.execute(db);
    },
  },
  '0011_retention': {
    async up(db: Kysely<unknown>) {
      // Generated, so that it is also right in rows that are there already, or that an older version writes. It stays null while a
      // conversation is open, so that an index on it costs the writes of a turn nothing.
      await sql`
        alter table conversations add column closed_at timestamptz
          generated always as (case when status = 'closed' then updated_at end) stored`.execute(db);
      await sql`
        create index conversations_closed on conversations (closed_at) where closed_at is not null`.execute(
        db,
      );
      await sql`
        create table retired (
          tenant text not null,
          conversation text not null,
          file text,
          retired_at timestamptz not null,
          primary key (tenant, conversation)
        )`.execute(db);
      await sql`create index retired_oldest on retired (retired_at)`.execute(db);
    },
  },
};
