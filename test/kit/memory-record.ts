/** Writing a batch to one conversation, in memory, by the rules that store/record.ts follows. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Batch,
  compareFences,
  fenceAbove,
  type Fence,
  areComparable,
  NO_RUN,
  type Reset,
} from '../../contract/batch.ts';
import { isCutShort, withTexts } from '../../contract/cut-short.ts';
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { replyNumber } from '../../contract/names.ts';
import { runningCallsOf } from '../../store/writer.ts';
import { lackingBefore, logOf, type Superseded } from '../../store/lines.ts';
import { readJson } from '../../store/read-json.ts';
import type { Recorded, RecordOptions } from '../../store/store.ts';
import type { createMemoryDrafts } from './memory-drafts.ts';

export interface MemoryLog {
  fence: Fence;
  /** The runs that have written what stands, and what resets have taken back, newest first. */
  runs: string[];
  superseded: Superseded[];
  /** The last time that a run made by a reset took the log over. */
  reset?: Reset;
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
  { at, committed = false, takes_over, begins }: { at: string } & RecordOptions,
): Recorded {
  const { base, head } = batch;
  const takes = !areComparable(log.fence, batch.fence);
  if (takes && !takes_over) return { outcome: 'other_run' };
  if (takes && log.head.status === 'closed') {
    const by = log.fence.run_id;
    if (by === undefined || by === NO_RUN) return { outcome: 'closed' };
    if (by !== takes_over?.cut_off) return { outcome: 'closed', by };
  }
  const had = log.entries.length;
  if (takes) restore(log, takes_over?.base_runs ?? []);
  const fence = {
    ...(committed && !takes ? fenceAbove(log.fence, batch.fence) : batch.fence),
    ...((batch.fence.run_id ?? log.fence.run_id) !== undefined && {
      run_id: batch.fence.run_id ?? log.fence.run_id,
    }),
  };
  const order = takes ? 1 : compareFences(fence, log.fence);
  if (order < 0) return { outcome: 'refused' };
  fillBefore(log, base, takes ? (takes_over?.base_runs ?? []) : undefined);
  checkPlace(log, batch);

  const standing = log.entries.slice(base - 1);
  const cut = batch.entries.filter(isCutShort).map(({ reply_id }) => reply_id);
  const said = Object.fromEntries(
    cut.map((reply) => [reply, log.drafts.stop(reply) || loggedText(standing, reply)]),
  );
  // As JSON, since that is how they stand in a real store.
  const entries = plain(withTexts(batch.entries, said));

  const differs = entries.findIndex((entry, index) => !isDeepStrictEqual(standing[index], entry));
  const same = differs === -1 ? entries.length : differs;
  if (!takes && (order === 0 || committed) && standing.length > 0 && same === entries.length) {
    log.fence = fence;
    return recorded(log, said);
  }
  if (same < standing.length) {
    log.bases.set(++log.revision, base + same);
    if (takes) keepSuperseded(log, base - 1 + same);
    const undone = standing.slice(same).filter(isCutShort);
    for (const { reply_id } of undone) {
      if (!cut.includes(reply_id)) log.drafts.resume(reply_id);
    }
  }
  if (takes) {
    const before = untold(log);
    log.reset = {
      run_id: batch.fence.run_id!,
      kept: base - 1 + same,
      had,
      calls: [...new Set([...runningCallsOf(log.head), ...(before?.calls ?? [])])],
      ...(takes_over?.reason && { reason: takes_over.reason }),
    };
    const { base_runs = [] } = takes_over ?? {};
    const last = log.runs.findLastIndex((run) => base_runs.includes(run));
    log.runs = log.runs.slice(0, Math.max(0, same < standing.length ? last : last + 1));
  }
  log.entries.splice(base - 1 + same, Infinity, ...entries.slice(same));
  if (fence.run_id !== undefined && log.runs.at(-1) !== fence.run_id) log.runs.push(fence.run_id);
  log.fence = fence;
  log.head = plain(head);
  log.updated_at = at;
  const started = entries.slice(same).findLast((entry) => entry.kind === 'reply.started');
  if (takes) {
    const last = log.entries.findLast((entry) => entry.kind === 'reply.started');
    log.drafts.forgetAfter(last ? replyNumber(last.reply_id) : 0);
  }
  if (started) log.drafts.forgetBefore(started.reply_id);
  const isAppended = !takes && same === standing.length;
  const written = recorded(log, said);
  if (!isAppended) return written;
  const begun = begins && log.drafts.begin(begins.reply_id, begins.attempt, begins.run_id);
  const first = base + same;
  const appended = { revision: log.revision, first, ...(begun !== undefined && { begun }) };
  return { ...written, appended };
}

function keepSuperseded(log: MemoryLog, kept: number): void {
  log.superseded.unshift({ runs: [...log.runs], kept, entries: log.entries.slice(kept) });
}

function fillBefore(log: MemoryLog, base: number, of?: string[]): void {
  if (base <= log.entries.length + 1) return;
  log.entries.push(...(lackingBefore(base, log.entries, log.superseded, of) ?? []));
}

function restore(log: MemoryLog, runs: string[]): void {
  const line = logOf(runs, log, log.superseded);
  if (!line) return;
  const differs = log.entries.findIndex((entry, i) => !isDeepStrictEqual(entry, line.entries[i]));
  const kept = differs === -1 ? log.entries.length : differs;
  log.bases.set(++log.revision, kept + 1);
  keepSuperseded(log, kept);
  log.entries = [...line.entries];
  log.runs = [...line.runs];
}

function recorded(
  log: MemoryLog,
  said: Record<string, string>,
): Recorded & { outcome: 'recorded' } {
  const reset = untold(log);
  return { outcome: 'recorded', said, ...(reset && { reset }) };
}

/** The reset that has made the run which writes, as long as its log does not say so. */
function untold({ reset, fence, entries }: MemoryLog): Reset | undefined {
  if (!reset || reset.run_id !== fence.run_id) return undefined;
  const told = entries.some(({ kind, seq }) => kind === 'conversation.reset' && seq > reset.kept);
  return told ? undefined : reset;
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
  standing.filter(isCutShort).find(({ reply_id }) => reply_id === reply)?.text ?? '';
