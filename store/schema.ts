/** The tables, as Kysely knows them. `migrations.ts` creates them and explains their design. */
import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { Scope } from '../contract/access.ts';
import type { Reset } from '../contract/batch.ts';
import type { Entry, EntryKind } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import type { CallEnd } from '../contract/signals.ts';
import type { CallBody, HolderIdentity } from './hold-store.ts';
import type { Progress } from './store.ts';

/**
 * `json`, not `jsonb`: it keeps every character as it arrived, and `jsonb` refuses \u0000, which users and models do send.
 * Written as text by `JSON.stringify` (which escapes \u0000 and lone surrogates), and parsed when read.
 */
type Json<T> = ColumnType<T, string, string>;
/** Defaults to now. */
type Moment = ColumnType<Date, string | undefined, string>;

export interface Database {
  conversations: {
    tenant: string;
    id: string;
    agent: Generated<string>;
    metadata: ColumnType<Record<string, unknown>, string | undefined, string>;
    /** False when a record created the row first; agent, metadata and created_at are not known yet. */
    opened: Generated<boolean>;
    created_at: Moment;
    updated_at: Moment;
    last_seq: Generated<number>;
    revision: Generated<number>;
    fence_run: Generated<number>;
    fence_length: Generated<number>;
    fence_at: Generated<number>;
    /** Temporal's id of the run that wrote last; NO_RUN once its workflow is gone for good. */
    fence_run_id: string | null;
    /** The runs that have written the current log, oldest first. */
    fence_runs: Generated<string[]>;
    /** The last time that a run created by an operator's reset took over the log. */
    reset: ColumnType<Reset | null, string | undefined, string>;
    /** Parts of `head` as columns for SQL queries: its status, and the number of its reply. */
    status: Generated<Head['status']>;
    replying: number | null;
    head: Json<Head>;
    /** Its words were erased: the row is a tombstone. */
    erased_at: ColumnType<Date | null, string | undefined, string>;
    /** The database computes it from `status` and `updated_at`. */
    closed_at: ColumnType<Date | null, never, never>;
  };
  /** Calls of erased conversations. Any host may have files of them. */
  erased_calls: {
    tenant: string;
    conversation: string;
    call_id: string;
    erased_at: Moment;
  };
  /** Conversations that have left the store. */
  retired: {
    tenant: string;
    conversation: string;
    /** Its path in the archive. */
    file: string | null;
    retired_at: Moment;
  };
  entries: {
    tenant: string;
    conversation: string;
    seq: number;
    kind: EntryKind;
    body: Json<Entry>;
  };
  revisions: {
    tenant: string;
    conversation: string;
    revision: number;
    /** The lowest seq that was changed or removed. */
    base: number;
  };
  superseded: {
    tenant: string;
    conversation: string;
    /** The revision that removed these entries. */
    revision: number;
    /** The runs that had written the log until then, oldest first. */
    runs: string[];
    /** Entries 1 to this one remained. */
    kept: number;
    /** The entries after it. */
    entries: Json<Entry[]>;
  };
  drafts: {
    tenant: string;
    conversation: string;
    reply: number;
    attempt: number;
    /** The run that makes the attempt: after an operator's reset, two runs may speak the same reply. */
    run_id: Generated<string>;
    /** Escaped as inside a JSON string: see drafts.ts. */
    text: string;
    /** Length of the unescaped text, in UTF-16 units. */
    length: Generated<number>;
    stopped: Generated<boolean>;
  };
  progress: {
    tenant: string;
    conversation: string;
    call_id: string;
    progress: Json<Progress>;
  };
  results: {
    tenant: string;
    conversation: string;
    call_id: string;
    /** Its number within the call, or `end`. */
    n: string;
    /** Text, since readers mostly ask for the JSON itself. */
    json: string;
  };
  slots: {
    tenant: string;
    queue: string;
    call_id: string;
    /** Ascending within a queue. */
    place: number;
  };
  holders: {
    id: string;
    who: Json<HolderIdentity>;
    seen_at: Moment;
    /** True once another holder has taken over one of its calls: it never holds a call again. */
    lapsed: Generated<boolean>;
  };
  calls: {
    tenant: string;
    call_id: string;
    /** Null when the call was released, or is over. */
    holder: string | null;
    turn: Generated<number>;
    run: string;
    body: CallBody;
    ended: Generated<boolean>;
    how: ColumnType<CallEnd | null, string | null | undefined, string | null>;
    changed_at: Moment;
  };
  tenant_tokens: {
    tenant: string;
    /** UTC, as 2030-01-31. */
    day: string;
    tokens: number;
  };
  api_keys: {
    id: string;
    tenant: string;
    name: string;
    hash: string;
    hint: string;
    scopes: Scope[];
    created_at: ColumnType<Date, string, never>;
    expires_at: ColumnType<Date | null, string | undefined, string>;
    last_used_at: ColumnType<Date | null, string | undefined, string>;
    revoked_at: ColumnType<Date | null, string | undefined, string>;
  };
  idempotency_keys: {
    tenant: string;
    scope: string;
    key: string;
    body_hash: string;
    answer: Json<unknown>;
    /** The conversation that the answer is about. */
    about: string | null | undefined;
    claimed_at: Moment;
  };
}

/** Inside or outside a transaction. */
export type Db = Kysely<Database> | Transaction<Database>;
