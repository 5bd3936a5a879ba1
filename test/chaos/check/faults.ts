/** Puts faults into evidence that is sound, for the tests of the checker. */
import { expect } from 'vitest';
import type { Entry, EntryKind } from '../../../contract/entry.ts';
import type { ConversationEvidence, Evidence } from '../evidence.ts';
import { check } from './check.ts';
import { COUNTS, type Count } from './report.ts';
import { soundEvidence } from './sound.ts';

/** What breaks: it may change the evidence, its only conversation, and that one's log. */
export type Break = (
  log: EditedLog,
  conversation: ConversationEvidence,
  evidence: Evidence,
) => void;

/** Changes the log and what the follower holds of it alike, unless a fault is about the follower. */
export class EditedLog {
  entries: Entry[];

  constructor({ entries }: ConversationEvidence) {
    this.entries = entries;
  }

  at(seq: number): Entry {
    return this.entries.find((entry) => entry.seq === seq)!;
  }

  /** `fields` may be of any kind of entry. */
  change(seq: number, fields: object): void {
    Object.assign(this.at(seq), fields);
  }

  /** Leaves a gap. */
  lose(seq: number): void {
    this.entries.splice(this.entries.indexOf(this.at(seq)), 1);
  }

  /** As if it had never been: what follows moves up, and forgets it. */
  remove(seq: number): void {
    this.lose(seq);
    this.#renumber((old) => (old === seq ? undefined : old > seq ? old - 1 : old));
  }

  /** What follows moves down. */
  insert(seq: number, kind: EntryKind, fields: object, cause: number[] = []): void {
    this.#renumber((old) => (old >= seq ? old + 1 : old));
    const { at, actor } = this.entries[0]!;
    this.entries.splice(seq - 1, 0, { seq, at, actor, kind, cause, ...fields } as Entry);
  }

  again(seq: number, as: number, more: object = {}): void {
    const { kind, cause, seq: _, ...fields } = structuredClone(this.at(seq));
    this.insert(as, kind, { ...fields, ...more }, cause);
  }

  #renumber(to: (seq: number) => number | undefined): void {
    const all = (seqs: number[]) => seqs.flatMap((seq) => to(seq) ?? []);
    for (const entry of this.entries) {
      entry.seq = to(entry.seq)!;
      entry.cause = all(entry.cause);
      if (entry.kind === 'receipt') entry.of = all(entry.of);
    }
  }
}

export function broken(by: Break, { follows = true } = {}) {
  const evidence = soundEvidence();
  const conversation = evidence.conversations[0]!;
  const log = new EditedLog(conversation);
  by(log, conversation, evidence);
  conversation.entries = log.entries;
  if (follows) conversation.followed = structuredClone(log.entries);
  return check(evidence);
}

/** Only `count` rises, by the faults whose words are given. */
export function finds(count: Count, by: Break, words: string[], options?: { follows: boolean }) {
  const { counts, findings } = broken(by, options);
  expect(findings.map((finding) => finding.words)).toEqual(words.map(containing));
  const none = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, 0]));
  expect(counts).toEqual({ ...none, [count]: words.length });
}

export const containing = (words: string) => expect.stringContaining(words) as string;

export type Case = [what: string, by: Break, ...words: string[]];
