/** What harnesses behind proxies were told, against the logs of their conversations: every result once, none lost. */
import type { Entry } from '../../../contract/entry.ts';
import { isCallEnd } from '../../../contract/call-ends.ts';
import type { Evidence, FaultEvidence, HarnessCall, HarnessEvidence } from '../evidence.ts';
import { losesReceipts } from './causes.ts';
import { TOLD_AGAIN } from './excuses.ts';
import type { Count, Excused, Finding, Verdict } from './report.ts';
import { type CallTrace, keyOf, type Trace } from './trace.ts';

/** The clock of the machine against that of the Temporal server. Milliseconds. */
const CLOCKS_MS = 1_000;

export function harnessNews({ harnesses = [], faults }: Evidence, traces: Trace[]): Verdict {
  const byId = new Map(traces.map((trace) => [trace.id, trace]));
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  for (const harness of harnesses) {
    const say = (count: Count, words: string, conversation?: string, seqs: number[] = []) =>
      void findings.push({ count, conversation, seqs, words: `${harness.id}: ${words}` });
    const excuse = (words: string, conversation: string, seqs: number[]) =>
      void excused.push({ conversation, seqs, words: `${harness.id}: ${words}`, why: TOLD_AGAIN });
    for (const call of harness.calls) callIsAnswered(harness, call, { byId, say });
    toldAsLogged(harness, { byId, say });
    const isTwice = (call: HarnessCall) => mayBeToldTwice(harness, call, { byId, faults });
    toldOnce(harness, { say, excuse, isTwice });
  }
  return { findings, excused };
}

interface Stage {
  byId: Map<string, Trace>;
  say(count: Count, words: string, conversation?: string, seqs?: number[]): void;
}

/** A result is the answer to its call, or a numbered one; so is every event of a call that was suspended. */
function callIsAnswered({ told }: HarnessEvidence, call: HarnessCall, { byId, say }: Stage): void {
  const { key, requests, conversation, answer, isCancelled } = call;
  const trace = conversation === undefined ? undefined : byId.get(conversation);
  if (conversation === undefined) {
    if (!isCancelled)
      say('unended_calls', `${key} was requested ${requests} times, without an answer.`);
    return;
  }
  const own = [...(trace?.calls.values() ?? [])].filter((each) => keyOf(each) === key);
  if (own.length > 1)
    say(
      'doubled_effects',
      `${key} was requested ${requests} times and became ${own.length} calls.`,
    );
  const [logged] = own;
  if (!logged) return say('missing_entries', `${key} was answered and is in no log.`, conversation);
  if (answer) {
    const [end] = logged.ends;
    if (!end) return say('unended_calls', `${key} was answered, and has no end.`, conversation);
    const isError = end.kind !== 'call.completed';
    const said = end.kind === 'call.completed' && answer.text.includes(String(end.result));
    if (isError !== answer.isError || (!isError && !said))
      say(
        'broken_rules',
        `${key} was answered "${answer.text}", and is ${end.kind}.`,
        conversation,
        [end.seq],
      );
    return;
  }
  const [end] = logged.ends;
  // What a cancelled call had to say is superseded, and who cancels or closes knows of it.
  if (isCancelled || (end?.kind === 'call.cancelled' && end.by !== 'operator')) return;
  const heard = new Set(
    told.flatMap((one) => (one.conversation === conversation ? one.results.map(({ n }) => n) : [])),
  );
  for (const entry of [...logged.events, ...logged.ends]) {
    if (!heard.has(entry.seq))
      say('lost_news', `${entry.kind} of ${key} was never told.`, conversation, [entry.seq]);
  }
}

/** A number stands for one entry, for ever: a harness acknowledges it by its number. */
function toldAsLogged({ told }: HarnessEvidence, { byId, say }: Stage): void {
  for (const { conversation, results } of told) {
    const trace = byId.get(conversation);
    for (const { n, text } of results) {
      const entry = trace?.bySeq.get(n);
      const [, call_id, rest = ''] = /^(call_\w+)(.*)$/.exec(text) ?? [];
      const isSame = entry && 'call_id' in entry && entry.call_id === call_id && fits(entry, rest);
      if (!isSame)
        say(
          'lost_news',
          `result ${n} was told as "${text}", and the log has ${entry?.kind ?? 'nothing'} there.`,
          conversation,
          [n],
        );
    }
  }
}

function fits(entry: Entry, rest: string): boolean {
  if (rest.startsWith(', its last:')) return entry.kind === 'call.completed';
  if (rest.startsWith(' failed:')) return entry.kind === 'call.failed';
  if (rest.startsWith(' was ')) return isCallEnd(entry);
  return entry.kind === 'call.event';
}

/** After the acknowledgement nothing is told again, nor under another number, nor what went with its call. */
function toldOnce(
  { told, calls }: HarnessEvidence,
  {
    say,
    excuse,
    isTwice,
  }: Pick<Stage, 'say'> & {
    excuse(words: string, conversation: string, seqs: number[]): void;
    isTwice(call: HarnessCall): boolean;
  },
): void {
  const numbers = new Map<string, number>();
  for (const { conversation, after = 0, results } of told) {
    for (const { n, text } of results) {
      if (n <= after)
        say(
          'doubled_entries',
          `result ${n} was told again after ${after} was acknowledged.`,
          conversation,
          [n],
        );
      const before = numbers.get(`${conversation} ${text}`);
      if (before !== undefined && before !== n)
        say('doubled_entries', `"${text}" was told as ${before} and as ${n}.`, conversation, [
          before,
          n,
        ]);
      numbers.set(`${conversation} ${text}`, n);
      const answered = calls.find(({ answer }) => answer && isOf(answer.text, text));
      if (!answered) continue;
      const words = `"${text}" was told, and was the answer to ${answered.key}.`;
      if (isTwice(answered)) excuse(words, conversation, [n]);
      else say('doubled_entries', words, conversation, [n]);
    }
  }
}

/**
 * Whoever asks again gets the answer again, and an answer can be sent by a process that is killed before its receipt is safe
 * (docs/decisions/0043-quick-calls.md). A request ends with its process, too: the proxy then asks again by itself. A call that was made at once
 * is in doubt from its request until the conversation has it; any other only while the receipt of its answer is on its way.
 */
function mayBeToldTwice(
  { isAtOnce }: HarnessEvidence,
  { key, requests, conversation, asked_at, answer }: HarnessCall,
  { byId, faults }: Pick<Stage, 'byId'> & { faults: FaultEvidence[] },
): boolean {
  if (!answer) return false;
  if (requests > 1) return true;
  const logged = callOfKey(byId.get(conversation ?? ''), key);
  const [from, until] = isAtOnce
    ? [asked_at, Date.parse(logged?.requested[0]?.at ?? '')]
    : [answer.at, answer.at];
  return faults.some(
    (fault) =>
      losesReceipts(fault, isAtOnce === true) &&
      fault.at > from - CLOCKS_MS &&
      fault.at < until + CLOCKS_MS,
  );
}

const callOfKey = (trace: Trace | undefined, key: string): CallTrace | undefined =>
  [...(trace?.calls.values() ?? [])].find((call) => keyOf(call) === key);

/** The text of an end without the call that it is of. */
const isOf = (answer: string, text: string) =>
  text.endsWith(answer) || (answer !== '' && text.includes(`, its last: ${answer}`));
