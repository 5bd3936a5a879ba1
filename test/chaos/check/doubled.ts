/** What is in the log twice. A whole entry that is there twice under one seq is counted once, and not again by what is in it. */
import type { Entry } from '../../../contract/entry.ts';
import type { Finding } from './report.ts';
import { only, reporter, type Trace } from './trace.ts';

export function doubledEntries(trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'doubled_entries');
  const { entries, evidence, calls, replies } = trace;

  /** Reports every group of more than one. */
  function once<T extends Entry>(found: T[], name: (entry: T) => string): void {
    for (const [what, group] of Map.groupBy(found, name)) {
      if (group.length > 1)
        report(seqs(group), `${what} ${times(group.length)}: ${seqs(group).join(', ')}.`);
    }
  }

  once(evidence.entries, ({ seq }) => `Entry ${seq} is in the log`);
  once(evidence.followed, ({ seq }) => `The follower of the stream holds entry ${seq}`);
  once(only(entries, 'message.user'), ({ message_id }) => `Message ${message_id} is in the log`);
  once(only(entries, 'conversation.closed'), () => `The conversation was closed`);
  for (const { id, started, ends } of replies.values()) {
    once(started, () => `${id} was started`);
    once(ends, () => `${id} ended`);
  }
  for (const { id, requested, started, events, ends } of calls.values()) {
    once(requested, () => `${id} was requested`);
    once(started, () => `${id} was started`);
    once(events, ({ n }) => `Event ${n} of ${id} is in the log`);
    once(ends, () => `${id} ended`);
  }
  milestonesTwice(trace, report);
  receiptsTwice(trace, report);
  return findings;
}

type Report = (seqs: number[], words: string) => void;

/** R7: where the model asked for steps in percent, each step is told once, also after a crash. */
function milestonesTwice({ calls }: Trace, report: Report): void {
  for (const { id, requested, events } of calls.values()) {
    const every = Number(PERCENT.exec(requested[0]?.report ?? '')?.[1]);
    if (!(every >= 1)) continue;
    let told: { milestone: number; n: number } | undefined;
    for (const { seq, n, event, percent } of events) {
      if (event !== 'progress' || percent === undefined) continue;
      const milestone = percent >= 100 ? 100 : Math.floor(percent / every) * every;
      if (told && n > told.n && milestone <= told.milestone)
        report([seq], `The milestone of ${milestone} % of ${id} was told again by event ${n}.`);
      told = { milestone, n };
    }
  }
}

const PERCENT = /^every (\d+) ?(?:percent|%)$/i;

function receiptsTwice({ entries }: Trace, report: Report): void {
  const places = only(entries, 'receipt').flatMap(({ seq, fate, of }) =>
    of.map((news) => ({ news, seq, fate })),
  );
  for (const [news, receipts] of Map.groupBy(places, (place) => place.news)) {
    if (receipts.length < 2) continue;
    const fates = receipts.map(({ seq, fate }) => `${fate} (${seq})`).join(', ');
    report([news, ...seqs(receipts)], `Entry ${news} has ${receipts.length} receipts: ${fates}.`);
  }
}

const times = (count: number) => (count === 2 ? 'twice' : `${count} times`);
const seqs = (entries: { seq: number }[]) => entries.map(({ seq }) => seq);
