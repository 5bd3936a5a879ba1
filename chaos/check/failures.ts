/** Calls that failed. Each needs a reason: what the model asked for was wrong, or what it ran on was killed. */
import type { EntryOf } from '../../contract/entry.ts';
import type { Evidence } from '../evidence.ts';
import { ANSWERS, type Excuse, EXCUSES } from './excuses.ts';
import type { Excused, Finding } from './report.ts';
import { only, type Trace } from './trace.ts';

interface Failed {
  conversation: string;
  entry: EntryOf<'call.failed'>;
}

export function failedCalls(
  { kills }: Evidence,
  traces: Trace[],
): { findings: Finding[]; excused: Excused[] } {
  const failed = traces.flatMap(({ id, entries }): Failed[] =>
    only(entries, 'call.failed').map((entry) => ({ conversation: id, entry })),
  );
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  for (const [type, own] of Map.groupBy(failed, ({ entry }) => entry.error.type)) {
    if (ANSWERS.has(type)) continue;
    const excuse = EXCUSES.find(({ error }) => error === type);
    const room = excuse ? roomFor(excuse, kills) : 0;
    for (const [i, { conversation, entry }] of own.entries()) {
      const { call_id, error, seq } = entry;
      const words = `${call_id} failed as ${type}: ${error.message.slice(0, 200)}`;
      const where = { conversation, seqs: [seq] };
      if (excuse && i < room) excused.push({ ...where, words, why: excuse.why });
      else findings.push({ ...where, count: 'broken_rules', words: `${words} (${lack(excuse)})` });
    }
  }
  return { findings, excused };
}

/** How many calls the kills of the run can have cost in this way. */
function roomFor({ killed, costs }: Excuse, kills: Evidence['kills']): number {
  const fitting = kills.filter(({ target }) => killed.includes(target)).length;
  return costs === 'any number' && fitting > 0 ? Infinity : fitting;
}

const lack = (excuse?: Excuse) =>
  excuse
    ? `no ${excuse.killed.join(' or ')} was killed for it`
    : 'for which the run gave no reason';
