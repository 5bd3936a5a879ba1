/** Writing a batch to one conversation, in memory, by the rules that store/record.ts follows. */
import { isDeepStrictEqual } from 'node:util';
import { type Batch, compareFences, fenceAbove, type Fence } from '../contract/batch.ts';
import type { Entry, EntryOf } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import { readJson } from '../store/read-json.ts';
import type { Recorded } from '../store/store.ts';
import type { createMemoryDrafts } from './memory-drafts.ts';

export interface MemoryLog {
  fence: Fence;
  entries: Entry[];
  head: Head;
  updated_at: string;
  revision: number;
  /** The first seq that each revision changed. */
  bases: Map<number, number>;
  drafts: ReturnType<typeof createMemoryDrafts>;
}

/** @throws Error where the batch would leave a gap or does not count up from its base */
export function writeBatch(
  log: MemoryLog,
  batch: Batch,
  { at, committed }: { at: string; committed: boolean },
): Recorded {
  const { base, head } = batch;
  const fence = committed ? fenceAbove(log.fence, batch.fence) : batch.fence;
  const order = compareFences(fence, log.fence);
  if (order < 0) return { outcome: 'refused' };
  checkPlace(log, batch);

  const standing = log.entries.slice(base - 1);
  const interrupted = batch.entries.filter(isInterrupted).map(({ reply_id }) => reply_id);
  const said = Object.fromEntries(
    interrupted.map((reply) => [reply, log.drafts.stop(reply) || loggedText(standing, reply)]),
  );
  const entries = batch.entries.map((entry) =>
    // As JSON, since that is how they stand in a real store.
    plain(isInterrupted(entry) ? { ...entry, text: said[entry.reply_id]! } : entry),
  );

  const differs = entries.findIndex((entry, index) => !isDeepStrictEqual(standing[index], entry));
  const same = differs === -1 ? entries.length : differs;
  if ((order === 0 || committed) && standing.length > 0 && same === entries.length) {
    log.fence = fence;
    return { outcome: 'recorded', said };
  }
  if (same < standing.length) {
    log.bases.set(++log.revision, base + same);
    const undone = standing.slice(same).filter(isInterrupted);
    for (const { reply_id } of undone) {
      if (!interrupted.includes(reply_id)) log.drafts.resume(reply_id);
    }
  }
  log.entries.splice(base - 1 + same, Infinity, ...entries.slice(same));
  log.fence = fence;
  log.head = plain(head);
  log.updated_at = at;
  const started = entries.slice(same).findLast((entry) => entry.kind === 'reply.started');
  if (started) log.drafts.forgetBefore(started.reply_id);
  return { outcome: 'recorded', said };
}

export const plain = <T>(value: T): T => readJson(JSON.stringify(value)) as T;

function checkPlace(log: MemoryLog, { base, entries }: Batch): void {
  if (!(base >= 1) || entries.some((entry, index) => entry.seq !== base + index)) {
    const seqs = entries.map((entry) => entry.seq).join(', ');
    throw new Error(`A batch must count up from its base (${base}, at least 1): [${seqs}].`);
  }
  if (base > log.entries.length + 1) {
    throw new Error(`A batch begins at ${base}, but its log ends at ${log.entries.length}.`);
  }
}

const loggedText = (standing: Entry[], reply: string) =>
  standing.filter(isInterrupted).find(({ reply_id }) => reply_id === reply)?.text ?? '';

const isInterrupted = (entry: Entry): entry is EntryOf<'reply.interrupted'> =>
  entry.kind === 'reply.interrupted';
