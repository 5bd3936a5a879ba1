/**
 * Removes conversations that were closed long ago from the store, after writing them to the archive if there is one. Any number of
 * workers may do so at once: two of them write the same file, and only one removes the conversation.
 */
import { access, constants, mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import type { Settings } from '../config.ts';
import type { Keyring } from '../security/encryption/keyring.ts';
import { exportConversation } from '../store/export.ts';
import type { Due } from '../store/retention-store.ts';
import type { Store } from '../store/store.ts';
import { archiveFile, writeArchive } from './archive.ts';

export interface RetentionOptions {
  store: Pick<Store, 'due' | 'conversation' | 'entries' | 'result' | 'retire'>;
  /** Days after its end that a conversation stays in the store. */
  days: number;
  /** Folder of the archive. */
  archive?: string | undefined;
  /** Encrypts its files. */
  keyring?: Keyring | undefined;
  info(message: string): void;
  warn(message: string, error: unknown): void;
}

export interface Retention {
  close(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;
const EVERY_MS = 3_600_000;
const BATCH = 100;

/** Begins now, and again every hour. */
export function retainRegularly(options: RetentionOptions): Retention {
  const closing = new AbortController();
  const { signal } = closing;
  async function run(): Promise<void> {
    while (!signal.aborted) {
      const before = new Date(Date.now() - options.days * DAY_MS).toISOString();
      await retireClosed(options, before, signal).catch((error: unknown) =>
        options.warn(
          'Some conversations that should have left the log stay until the next attempt, in an hour.',
          error,
        ),
      );
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

/**
 * Removes the conversations that were closed before a time, one after the other, in small batches.
 * @param before ISO 8601
 * @returns how many this process has removed
 * @throws the first failure, after the others have been tried
 */
export async function retireClosed(
  options: RetentionOptions,
  before: string,
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  const failures: unknown[] = [];
  for (;;) {
    // The conversations that have failed are now the first ones, since all others before them have left.
    const due = await options.store.due(before, { limit: BATCH, skip: failures.length });
    for (const each of shuffled(due)) {
      if (signal?.aborted) return removed;
      try {
        if (await retire(options, each)) removed += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    if (due.length < BATCH) break;
  }
  if (removed > 0) {
    const what = options.archive === undefined ? 'removed' : 'archived';
    options.info(`${removed} conversations that were closed before ${before} have been ${what}.`);
  }
  if (failures.length > 0) throw failures[0];
  return removed;
}

async function retire({ store, archive, keyring }: RetentionOptions, due: Due): Promise<boolean> {
  const key = { tenant: due.tenant, id: due.id };
  const conversation = await store.conversation(key);
  if (conversation?.status !== 'closed') return false;
  const file = archive === undefined ? undefined : archiveFile(due, keyring !== undefined);
  if (archive !== undefined && file !== undefined) {
    await writeArchive(archive, file, exportConversation(store, key, conversation), keyring);
  }
  const { last_seq, revision } = conversation;
  return store.retire(key, { seen: { last_seq, revision }, at: new Date().toISOString(), file });
}

/** Shuffles, so that several workers rarely take the same conversation. */
const shuffled = (due: Due[]): Due[] =>
  due
    .map((each) => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);

/**
 * Checks the settings of retention before a worker begins.
 * @throws Error if Temporal keeps ended workflows for longer, since an operator could reset one whose log is gone, or if the archive
 *   cannot be written
 */
export async function checkRetention(
  {
    MEANWHILE_RETENTION_DAYS: days,
    MEANWHILE_ARCHIVE: archive,
  }: Pick<Settings, 'MEANWHILE_RETENTION_DAYS' | 'MEANWHILE_ARCHIVE'>,
  { workflowService }: Pick<Connection, 'workflowService'>,
  namespace: string,
): Promise<void> {
  if (days === undefined) return;
  const { config } = await workflowService.describeNamespace({ namespace });
  const kept = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
  if (kept >= days) {
    throw new Error(
      `MEANWHILE_RETENTION_DAYS (${days}) must be more than the ${Math.ceil(kept)} days for which Temporal keeps ended workflows in namespace ${namespace}.`,
    );
  }
  if (archive === undefined) return;
  try {
    await mkdir(archive, { recursive: true });
    await access(archive, constants.W_OK);
  } catch (error) {
    throw new Error(`MEANWHILE_ARCHIVE (${archive}) cannot be written to.`, { cause: error });
  }
}
