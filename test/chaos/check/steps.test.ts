/** Effects of tools that run in a worker, and payments: which of them count as doubled, and which are excused, with the reason. */
import { describe, expect, test } from 'vitest';
import type { FaultEvidence, LedgerLine } from '../evidence.ts';
import { ASKED_AGAIN, REPEATED, WOKEN } from './excuses.ts';
import { type Break, broken, finds } from './faults.ts';
import { BEGAN } from './sound.ts';

const second = (seconds: number) => BEGAN + seconds * 1_000;

/** A step by the worker `pid`; `call_a` runs from second 11 to 23. */
const step = (n: number | string, pid: number, at: number, more: Partial<LedgerLine> = {}) =>
  ({
    call_id: 'call_a',
    tool: 'walks',
    effect: typeof n === 'number' ? `step ${n}` : n,
    pid,
    at: second(at),
    restart: 'resume',
    ...more,
  }) satisfies LedgerLine;

const fault = (kind: FaultEvidence['kind'], at: number, more: Partial<FaultEvidence> = {}) =>
  ({
    kind,
    at: second(at),
    target: 'worker',
    moment: 'random',
    pids: [1],
    ...more,
  }) satisfies FaultEvidence;

/** Replaces the ledger and the faults of the run. */
const run =
  (ledger: LedgerLine[], ...faults: FaultEvidence[]): Break =>
  (_, __, evidence) => {
    evidence.ledger = ledger;
    evidence.faults = faults;
  };

const doubled = (ledger: LedgerLine[], faults: FaultEvidence[], ...words: string[]) =>
  finds('doubled_effects', run(ledger, ...faults), words);

const excuses = (ledger: LedgerLine[], faults: FaultEvidence[], why: string) => {
  const { findings, excused } = broken(run(ledger, ...faults));
  expect(findings).toEqual([]);
  expect(excused.map((each) => each.why)).toEqual([why]);
};

const TWICE = '"step 2" of call_a (walks) happened 2 times, by process';

describe('a step that is in the ledger twice', () => {
  const goesOn = [step(1, 1, 15), step(2, 1, 16), step(2, 2, 20), step(3, 2, 21)];

  test('is doubled if its worker met no fault', () => {
    doubled(goesOn, [], `${TWICE} 1, 2.`);
  });

  test('is excused if its worker was killed before the checkpoint was stored', () => {
    excuses(goesOn, [fault('kill', 16.5)], REPEATED);
  });

  test('is doubled if another worker was killed, or its own long after or before', () => {
    doubled(goesOn, [fault('kill', 16.5, { pids: [3] })], `${TWICE} 1, 2.`);
    doubled(goesOn, [fault('kill', 19)], `${TWICE} 1, 2.`);
    doubled(goesOn, [fault('kill', 15.5)], `${TWICE} 1, 2.`);
  });

  test('is doubled if one process did both, whatever faults it met', () => {
    const beside = [step(1, 1, 15), step(2, 1, 16), step(2, 1, 20)];
    const faults = [
      fault('freeze', 15, { target: 'temporal', pids: [9], until: second(22) }),
      fault('freeze', 16.2, { until: second(17) }),
    ];
    doubled(beside, faults, `${TWICE} 1, 1.`);
  });

  test('is excused if its worker was cut off from Temporal, for as long as it may go on', () => {
    const cut = { target: 'worker from temporal', until: second(22) };
    excuses(goesOn, [fault('partition', 12, cut)], REPEATED);
    doubled(goesOn, [fault('partition', 9, cut)], `${TWICE} 1, 2.`);
    doubled(goesOn, [fault('partition', 12, { ...cut, pids: [2] })], `${TWICE} 1, 2.`);
  });

  test('is excused if Temporal was frozen, for as long as a worker may go on', () => {
    const frozen = { target: 'temporal', pids: [9], until: second(22) };
    excuses(goesOn, [fault('freeze', 12, frozen)], REPEATED);
    doubled(goesOn, [fault('freeze', 9, frozen)], `${TWICE} 1, 2.`);
  });

  test('is doubled if its worker was only cut off from the database', () => {
    const cut = { target: 'worker from database', until: second(22) };
    doubled(goesOn, [fault('partition', 12, cut)], `${TWICE} 1, 2.`);
  });

  const frozen = fault('freeze', 15.5, { until: second(20) });

  test('is excused if a frozen worker finishes it when it wakes', () => {
    excuses([step(1, 1, 15), step(2, 2, 18), step(2, 1, 20.5)], [frozen], WOKEN);
  });

  test('is excused if a frozen worker finishes it when it wakes after the end of the call', () => {
    const long = fault('freeze', 15.5, { until: second(50) });
    const lines = [step(1, 1, 15), step(2, 2, 18), step('done', 2, 19), step(2, 1, 50.5)];
    excuses(lines, [long], WOKEN);
    const { findings } = broken(run([...lines, step(3, 1, 51)], long));
    expect(findings.map(({ words }) => words)).toEqual([
      'call_a had an effect, "step 3" 28000 ms after its call.completed.',
    ]);
  });

  test('is excused if a frozen worker finishes it when it wakes after a reset of the conversation', () => {
    const lost = { call_id: 'call_x' };
    const by =
      (ledger: LedgerLine[]): Break =>
      (log, conversation, evidence) => {
        conversation.undone = [{ at: second(16), calls: ['call_x'], messages: [] }];
        run(ledger, fault('freeze', 15.5, { until: second(50) }))(log, conversation, evidence);
      };
    const lines = [step(1, 1, 15, lost), step(2, 1, 50.5, lost)];
    const { findings, excused } = broken(by(lines));
    expect(findings).toEqual([]);
    expect(excused.map(({ why }) => why)).toEqual([WOKEN]);
    finds('doubled_effects', by([...lines, step(3, 1, 51, lost)]), [
      'call_x had an effect, "step 3" 35000 ms after its reset.',
    ]);
  });

  test('is doubled if a frozen worker wakes and goes on to the next step', () => {
    const lines = [step(1, 1, 15), step(2, 2, 18), step(3, 2, 19), step(2, 1, 20.5)];
    const { findings } = broken(run([...lines, step(3, 1, 21)], frozen));
    expect(findings.map(({ words }) => words)).toEqual([
      '"step 3" of call_a (walks) happened 2 times, by process 2, 1.',
    ]);
  });
});

describe('a tool that runs twice for one call', () => {
  const body = (n: number, pid: number, at: number, body: string) => step(n, pid, at, { body });
  const words = 'call_a (walks) ran twice at once: "step 3" by process 1 came after another';
  const lines = [body(1, 1, 15, 'x'), body(2, 2, 16, 'y'), body(3, 1, 17, 'x')];

  test('is doubled if both run at once, even if no step is repeated', () => {
    doubled(lines, [], words);
  });

  test('is doubled if both run at once in one process', () => {
    doubled(
      lines.map((line) => ({ ...line, pid: 1 })),
      [],
      words,
    );
  });

  test('is allowed if one was cut off from Temporal, for as long as it may go on', () => {
    const cut = (at: number) =>
      fault('partition', at, { target: 'worker from temporal', until: second(30) });
    expect(broken(run(lines, cut(12))).findings).toEqual([]);
    doubled(lines, [cut(10)], words);
  });

  test('is allowed if one finishes a step when it wakes', () => {
    const frozen = fault('freeze', 15.1, { until: second(16.5) });
    expect(broken(run(lines, frozen)).findings).toEqual([]);
    doubled([...lines, body(4, 1, 17.5, 'x')], [frozen], words.replace('step 3', 'step 4'));
  });

  test('is allowed if one does its first step when it wakes, and nothing more', () => {
    const frozen = fault('freeze', 14, { until: second(16.5) });
    const holder = [body(1, 2, 15, 'y'), body(2, 2, 16, 'y')];
    const woken = body(1, 1, 16.6, 'x');
    const last = body(3, 2, 17, 'y');
    excuses([...holder, woken, last], [frozen], WOKEN);
    const ledger = [...holder, woken, body(2, 1, 16.8, 'x'), last];
    doubled(ledger, [frozen], `${TWICE} 2, 1.`, words.replace('process 1', 'process 2'));
  });

  test('is allowed if one runs after the other', () => {
    const turns = [body(1, 1, 15, 'x'), body(2, 1, 16, 'x'), body(3, 1, 17, 'y')];
    expect(broken(run(turns)).findings).toEqual([]);
  });
});

describe("a tool with `restart: 'fail'`", () => {
  const risk = (n: number | string, pid: number, at: number) =>
    step(n, pid, at, { tool: 'risks', restart: 'fail' });

  test('is doubled if it goes on in another process, even if its worker was killed', () => {
    const faults = [fault('kill', 15.5)];
    doubled(
      [risk(1, 1, 15), risk(2, 2, 20)],
      faults,
      'call_a (risks) must not be continued, and ran in processes 1, 2.',
    );
  });

  test('is doubled if a step is repeated in one process', () => {
    doubled([risk(1, 1, 15), risk(1, 1, 20)], [fault('kill', 15.5)], '"step 1" of call_a (risks)');
  });

  const isLost =
    (ledger: LedgerLine[], faults: FaultEvidence[]): Break =>
    (log, conversation, evidence) => {
      log.change(23, {
        kind: 'call.failed',
        error: { type: 'WorkerLost', message: 'It is gone.' },
      });
      run(ledger, ...faults)(log, conversation, evidence);
    };
  const away = fault('freeze', 15, { target: 'temporal', pids: [9], until: second(22) });

  test('must have no effect after its call failed as lost', () => {
    finds('doubled_effects', isLost([risk(1, 1, 15), risk('done', 1, 25)], [away]), [
      'call_a had an effect, "done" 2000 ms after its call.failed.',
    ]);
  });

  test('may finish the step in which it was frozen after its call failed as lost', () => {
    const frozen = fault('freeze', 15.5, { until: second(50) });
    const { findings } = broken(isLost([risk(1, 1, 15), risk(2, 1, 50.5)], [frozen]));
    expect(findings).toEqual([]);
  });

  test('is doubled if it had finished long before its call failed as lost, unless its worker died before it could report the end', () => {
    const lines = [risk(1, 1, 12), risk('done', 1, 13)];
    const early = fault('freeze', 18, { target: 'temporal', pids: [9], until: second(22) });
    finds('doubled_effects', isLost(lines, [early]), [
      'call_a (risks) had finished 10000 ms before it failed as WorkerLost.',
    ]);
    const { findings } = broken(isLost(lines, [fault('kill', 13.1)]));
    expect(findings).toEqual([]);
  });
});

describe('a payment', () => {
  const pay = (call_id: string, at: number, more: Partial<LedgerLine> = {}) => ({
    ...step('paid', 1, at, { tool: 'pays', key: 'c1-m1.1', restart: undefined }),
    call_id,
    ...more,
  });

  test('with an idempotency key is doubled if it was made twice, even if its worker was killed', () => {
    const lines = [
      pay('call_a', 15, { idempotency_key: 'k1' }),
      pay('call_a', 16, { pid: 2, idempotency_key: 'k2' }),
    ];
    doubled(lines, [fault('kill', 15.1)], '"paid" of call_a (pays) happened 2 times');
  });

  test('that the user wanted once is doubled if two calls made it', () => {
    doubled([pay('call_a', 15), pay('call_b', 30)], [], 'c1-m1.1 was done by call_a and again by');
  });

  const removes =
    (calls: string[], ledger: LedgerLine[]): Break =>
    (_, conversation, evidence) => {
      evidence.ledger = ledger;
      conversation.undone = [{ at: second(20), calls, messages: [] }];
    };

  test.each(['call_a', 'call_c'])(
    'is excused if a reset removed one of the two calls, in whichever order they made it: %s',
    (removed) => {
      const { findings, excused } = broken(
        removes([removed], [pay('call_a', 15), pay('call_c', 30)]),
      );
      expect(findings).toEqual([]);
      expect(excused).toMatchObject([{ conversation: 'conv_1', why: ASKED_AGAIN }]);
    },
  );

  test('is doubled if two calls remain beside the one that a reset removed', () => {
    const lines = [pay('call_x', 15), pay('call_a', 20), pay('call_c', 30)];
    finds('doubled_effects', removes(['call_x'], lines), [
      'c1-m1.1 was done by call_a and again by call_c.',
    ]);
  });
});
