/** The tables, as Kysely knows them. `migrations.ts` makes them and says why they look so. */
import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { Reset } from '../contract/batch.ts';
import type { Entry, EntryKind } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import type { CallEnd } from '../contract/signals.ts';
import type { CallBody, HolderIdentity, Progress } from './store.ts';

/**
 * `json`, not `jsonb`: it keeps every character as it came, and `jsonb` refuses \u0000, which users and models do send.
 * Written as text by `JSON.stringify` (which escapes \u0000 and lone surrogates), read parsed.
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
    /** False: the row was made by a record that came first; agent, metadata and created_at are still to be told. */
    opened: Generated<boolean>;
    created_at: Moment;
    updated_at: Moment;
    last_seq: Generated<number>;
    revision: Generated<number>;
    fence_run: Generated<number>;
    fence_length: Generated<number>;
    fence_at: Generated<number>;
    /** Temporal's id of the run that has written last; NO_RUN once its workflow is gone for good. */
    fence_run_id: string | null;
    /** The runs that have written what stands, oldest first. */
    fence_runs: Generated<string[]>;
    /** The last time that a run made by an operator's reset took the log over. */
    reset: ColumnType<Reset | null, string | undefined, string>;
    /** What `head` says, as columns for SQL to ask for: its status, and the number of its reply. */
    status: Generated<Head['status']>;
    replying: number | null;
    head: Json<Head>;
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
    /** That with which it was taken back. */
    revision: number;
    /** The runs that had written the log until then, oldest first. */
    runs: string[];
    /** Entries 1 to this one stayed. */
    kept: number;
    /** Those after it. */
    entries: Json<Entry[]>;
  };
  drafts: {
    tenant: string;
    conversation: string;
    reply: number;
    attempt: number;
    /** Whose attempt it is: after an operator's reset two runs may speak the same reply. */
    run_id: Generated<string>;
    /** Escaped as inside a JSON string: see drafts.ts. */
    text: string;
    /** Of the text unescaped, in UTF-16 units. */
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
    /** Text, since what is asked for is mostly the JSON itself. */
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
    /** A call of it was taken: it never holds one again. */
    lapsed: Generated<boolean>;
  };
  calls: {
    tenant: string;
    call_id: string;
    /** Null: given back, or over. */
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
  idempotency_keys: {
    tenant: string;
    scope: string;
    key: string;
    body_hash: string;
    answer: Json<unknown>;
    claimed_at: Moment;
  };
}

/** Inside a transaction or not. */
export type Db = Kysely<Database> | Transaction<Database>;
