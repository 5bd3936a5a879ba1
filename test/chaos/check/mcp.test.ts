/** The checker finds each fault that is put into sound evidence of MCP servers and harnesses, under its count and with its message. */
import { expect, test } from 'vitest';
import type { Entry } from '../../../contract/entry.ts';
import type { ConversationEvidence, Evidence } from '../evidence.ts';
import { check } from './check.ts';
import { containing } from './faults.ts';
import type { Count } from './report.ts';
import { soundMcp } from './sound-mcp.ts';

type Break = (evidence: Evidence, thread: ConversationEvidence) => void;

/** What is done to the log is done to the follower's alike. */
function broken(by: Break) {
  const evidence = soundMcp();
  const thread = evidence.conversations.at(-1)!;
  by(evidence, thread);
  thread.followed = structuredClone(thread.entries);
  return check(evidence);
}

const change = ({ entries }: ConversationEvidence, seq: number, fields: object) =>
  void Object.assign(entries[seq - 1]!, fields);
/** A run of the same key once more. */
const again = ({ upstream }: Evidence, run: string, seconds: number) => {
  const line = upstream!.find((each) => each.run === run)!;
  upstream!.push({ ...line, run: `${run}_again`, at: line.at + seconds * 1_000 });
};
const mayRepeat = ({ upstream }: Evidence) =>
  upstream!.forEach((line) => line.does === 'begins' && (line.isRepeatable = true));

test('sound evidence has no findings, and the call whose server was killed is excused', () => {
  const { findings, excused } = broken(() => {});
  expect(findings).toEqual([]);
  expect(excused).toMatchObject([{ words: containing('call_r failed as OutcomeUnknown') }]);
});

test.each<[what: string, count: Count, by: Break, ...words: string[]]>([
  [
    'a tool that must not be repeated ran twice',
    'doubled_effects',
    (evidence) => again(evidence, 'run_q', 0.2),
    'h1.2 (shop pours) was run 2 times, though its server does not allow it.',
  ],
  [
    'an idempotent tool ran twice and nothing was lost',
    'doubled_effects',
    (evidence) => {
      mayRepeat(evidence);
      again(evidence, 'run_q', 0.2);
    },
    'h1.2 (shop pours) was run 2 times, and its outcome was lost 0 times.',
  ],
  [
    'a server was called for no call',
    'doubled_effects',
    ({ upstream }) => upstream!.push({ ...upstream![0]!, key: 'h9.1' }),
    'h9.1 ran on shop, and is in no log.',
  ],
  [
    'a server went on after its call had completed',
    'doubled_effects',
    ({ upstream }) => upstream!.push({ ...upstream![5]!, step: 3, at: upstream![5]!.at + 9_000 }),
    'call_p did step 3',
  ],
  [
    'a call completed with a result that no run has given',
    'broken_rules',
    ({ harnesses }, thread) => {
      change(thread, 6, { result: 'done by another' });
      harnesses![0]!.calls[1]!.answer!.text = 'done by another';
    },
    'call_q completed with "done by another", which no run has said.',
  ],
  [
    'a call is said not to have run, and it did',
    'broken_rules',
    (_, thread) => change(thread, 12, { error: { type: 'ServerUnavailable', message: '' } }),
    'call_r is said not to have run, and it did.',
  ],
  [
    'the outcome of a call is unknown, and nothing was killed during it',
    'broken_rules',
    ({ faults }) => void (faults.at(-1)!.at += 5_000),
    'call_r failed as OutcomeUnknown: Its server died. (neither its MCP server',
  ],
  [
    'progress is not in the log, though all of it was wanted',
    'lost_news',
    ({ upstream }) => upstream!.push({ ...upstream![6]!, step: 3 }),
    'call_p told its steps 3, and the log does not have them.',
  ],
  [
    'progress is told twice',
    'doubled_entries',
    (_, thread) => change(thread, 8, { note: 'step 1' }),
    'Step 1 of call_p was told after step 1, 1.',
    'call_p told its steps 2',
  ],
  [
    'a harness is never told of an end',
    'lost_news',
    ({ harnesses }) => void harnesses![0]!.told.pop(),
    'h1: call.failed of h1.3 was never told.',
  ],
  [
    'a harness is told of something that the log does not have there',
    'lost_news',
    ({ harnesses }) => void (harnesses![0]!.told[0]!.results[0]!.n = 6),
    'h1: result 6 was told as "call_p: 25 % step 1", and the log has call.completed there.',
    'h1: call.event of h1.1 was never told.',
  ],
  [
    'a harness is told again of what it has acknowledged',
    'doubled_entries',
    ({ harnesses }) => harnesses![0]!.told.push({ ...harnesses![0]!.told[1]!, after: 8 }),
    'h1: result 8 was told again after 8 was acknowledged.',
  ],
  [
    'a harness is told of a result that was the answer to its call',
    'doubled_entries',
    ({ harnesses }) =>
      harnesses![0]!.told.push({
        conversation: 'conv_h',
        after: 5,
        results: [{ n: 6, text: 'call_q, its last: done by run_q' }],
        at: 0,
      }),
    'h1: "call_q, its last: done by run_q" was told, and was the answer to h1.2.',
  ],
  [
    'a call of a harness became two',
    'doubled_effects',
    (_, thread) => change(thread, 10, { input: { key: 'h1.2' } }),
    'h1.2 became 2 calls.',
    'h1.3 ran on shop, and is in no log.',
    'h1: h1.2 was requested 1 times and became 2 calls.',
  ],
  [
    'a harness waits for an answer for ever',
    'unended_calls',
    ({ harnesses }) =>
      harnesses![0]!.calls.push({
        key: 'h1.4',
        server: 'shop',
        tool: 'pours',
        requests: 3,
        asked_at: 0,
      }),
    'h1: h1.4 was requested 3 times, without an answer.',
  ],
])('%s', (_, count, by, ...words) => {
  const { findings } = broken(by);
  const all = findings.map((finding) => finding.words);
  for (const each of words) expect(all).toContainEqual(containing(each));
  expect(findings.find((finding) => finding.words.includes(words[0]!))?.count).toBe(count);
});

test('an idempotent tool may run again after its server was killed', () => {
  const { findings } = broken((evidence, { entries }) => {
    mayRepeat(evidence);
    again(evidence, 'run_r', 0.9);
    const { seq, at, actor, cause }: Entry = entries[11]!;
    const run = { call_id: 'call_r', result: 'done by run_r_again' };
    entries[11] = { seq, at, actor, cause, kind: 'call.completed', ...run } as Entry;
    const line = evidence.upstream!.at(-1)!;
    evidence.upstream!.push({ ...line, does: 'done' });
    evidence.harnesses![0]!.told[2]!.results[0]!.text = 'call_r, its last: done by run_r_again';
  });
  expect(findings).toEqual([]);
});

/** The process of the harness's service makes its calls at once: `call_q` had no workflow. */
const atOnce = (evidence: Evidence, thread: ConversationEvidence) => {
  evidence.harnesses![0]!.isAtOnce = true;
  thread.quick = ['call_q'];
  const heard = new Date(answered_at(evidence) + 200).toISOString();
  for (const seq of [4, 5, 6]) change(thread, seq, { at: heard });
};
const toldAgain = ({ harnesses }: Evidence) => {
  const results = [{ n: 6, text: 'call_q, its last: done by run_q' }];
  harnesses![0]!.told.splice(1, 0, { conversation: 'conv_h', after: 3, results, at: 0 });
};
const TOLD_TWICE = 'h1: "call_q, its last: done by run_q" was told, and was the answer to h1.2.';
const call = ({ harnesses }: Evidence) => harnesses![0]!.calls[1]!;
const answered_at = (evidence: Evidence) => call(evidence).answer!.at;

test('a call that was made at once is counted as one', () => {
  const { findings, size } = broken(atOnce);
  expect(findings).toEqual([]);
  expect(size.quick).toBe(1);
});

test.each<[when: string, by: (evidence: Evidence) => void]>([
  ['its harness had asked twice', (evidence) => (call(evidence).requests = 2)],
  ['its process was killed while it ran', (evidence) => kill(evidence, call(evidence).asked_at)],
  [
    'its process was killed before the conversation had heard of it',
    (evidence) => kill(evidence, answered_at(evidence)),
  ],
])('a result of a call made at once may be told twice if %s', (_, by) => {
  const { findings, excused } = broken((evidence, thread) => {
    atOnce(evidence, thread);
    toldAgain(evidence);
    by(evidence);
  });
  expect(findings).toEqual([]);
  expect(excused.map(({ words }) => words)).toContain(TOLD_TWICE);
});

test.each<[when: string, by: (evidence: Evidence) => void]>([
  ['its harness had asked twice', (evidence) => (call(evidence).requests = 2)],
  [
    'the process that answered was killed before the receipt',
    (evidence) => kill(evidence, answered_at(evidence), 'api'),
  ],
])('a result of a call with a workflow may be told twice if %s', (_, by) => {
  const { findings, excused } = broken((evidence) => {
    toldAgain(evidence);
    by(evidence);
  });
  expect(findings).toEqual([]);
  expect(excused.map(({ words }) => words)).toContain(TOLD_TWICE);
});

test.each<[when: string, by: Break]>([
  ['and nothing happened', atOnce],
  [
    'and its process was killed long before',
    (evidence, thread) => {
      atOnce(evidence, thread);
      kill(evidence, call(evidence).asked_at - 3_000);
    },
  ],
  [
    'and its process was killed long after',
    (evidence, thread) => {
      atOnce(evidence, thread);
      kill(evidence, answered_at(evidence) + 3_000);
    },
  ],
  ['and another process was killed', (evidence) => kill(evidence, answered_at(evidence))],
  [
    'and the process that answered was killed while the call ran',
    (evidence) => kill(evidence, call(evidence).asked_at - 500, 'api'),
  ],
])('a result is found that is told twice %s', (_, by) => {
  const { findings } = broken((evidence, thread) => {
    toldAgain(evidence);
    by(evidence, thread);
  });
  expect(findings.map(({ words }) => words)).toEqual([TOLD_TWICE]);
});

test('a call made at once is lost if it is answered and in no log', () => {
  const { findings } = broken((evidence, thread) => {
    atOnce(evidence, thread);
    change(thread, 4, { input: { key: 'h9.9' } });
  });
  expect(findings.map(({ count }) => count)).toEqual(['doubled_effects', 'missing_entries']);
});

test('the outcome of a call made at once may be lost before its conversation hears of it', () => {
  const { findings } = broken((evidence, thread) => {
    atOnce(evidence, thread);
    thread.quick = ['call_r'];
    // It is recorded long after the kill.
    const recorded = new Date(Date.parse(thread.entries[11]!.at) + 20_000).toISOString();
    for (const seq of [10, 11, 12, 13, 14]) change(thread, seq, { at: recorded });
    evidence.harnesses![0]!.calls[2]!.asked_at = evidence.upstream!.at(-1)!.at;
  });
  expect(findings).toEqual([]);
});

function kill({ faults }: Evidence, at: number, target = 'service'): void {
  faults.push({ kind: 'kill', at, target, moment: 'random', pids: [7] });
}
