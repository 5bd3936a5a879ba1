/** The checker finds each fault that is put into sound evidence, under its count and with its message: broken rules and failed calls. */
import { describe, expect, test } from 'vitest';
import { type Break, broken, type Case, containing, finds } from './faults.ts';
import { BEGAN } from './sound.ts';

describe('broken_rules', () => {
  const reply = { reply_id: 'reply_9', because: 'results', reason: '' };
  test.each<Case>([
    [
      'R1: two replies run at once',
      (log) => {
        log.insert(18, 'reply.started', reply, [17]);
        log.insert(20, 'reply.completed', { reply_id: 'reply_9', text: '' }, [18]);
      },
      'R1: reply_9 was started while reply_3 was in flight.',
    ],
    [
      'R2: a message did not interrupt',
      (log) => {
        log.insert(18, 'message.user', { message_id: 'm9', text: '', when_busy: 'interrupt' });
        log.change(26, { cause: [18, 22, 24] });
      },
      'R2: m9 did not interrupt reply_3.',
    ],
    [
      'R2: the next reply does not answer a message',
      (log) => log.change(31, { cause: [30] }),
      'R2: reply_5 was started and did not answer m3.',
    ],
    [
      'R3: a call requested on stale input runs',
      (log) => {
        log.insert(11, 'message.user', { message_id: 'm9', text: '', when_busy: 'queue' });
        log.change(18, { cause: [11, 16, 17] });
      },
      'R3: call_a was released (call.started) though m9 had come since reply_2 began.',
      'R3: call_b was released (call.queued) though m9 had come since reply_2 began.',
      'R3: call_c was released (call.awaiting_approval) though m9 had come since reply_2 began.',
      'R3: call_d was released (call.awaiting_approval) though m9 had come since reply_2 began.',
    ],
    [
      'R3: a dropped call runs',
      (log) => log.insert(30, 'call.started', { call_id: 'call_e' }, [28]),
      'R3: call_e was released (call.started) though m3 had come since reply_4 began.',
      'R3: call_e was dropped (31), yet it was started.',
    ],
    [
      'R3: no reply requested a call',
      (log) => log.change(28, { cause: [25] }),
      'R3: call_e was not requested by a completed reply.',
    ],
    [
      'R5: silent news starts a turn',
      (log) => [15, 16].forEach((seq) => log.change(seq, { schedule: 'silent' })),
      'R5: reply_3 was started by silent news alone.',
    ],
    [
      'R8: event numbers go backwards',
      (log, { events }) => {
        log.change(15, { n: 5 });
        events[0]!.n = events[1]!.n = 5;
      },
      'R8: event 2 of call_a (16) comes after event 5.',
    ],
    [
      'R8: a call has an event after its end',
      (log) => {
        log.insert(
          24,
          'call.event',
          { call_id: 'call_a', n: 9, event: 'result', schedule: 'silent' },
          [7],
        );
        log.change(26, { cause: [21, 23, 24] });
        log.change(28, { of: [21, 23, 24], cause: [21, 23, 24] });
      },
      'R8: call.event (24) of call_a comes after its call.completed (23).',
    ],
    [
      'R10: a call runs before it is approved',
      (log) => log.remove(22),
      'R10: call_c was started (37) before it was approved.',
    ],
    [
      'R15: an entry follows the close',
      (log) => log.insert(43, 'limit.reached', { limit: 'tokens', value: 1 }),
      'R15: limit.reached (43) comes after conversation.closed (42).',
    ],
  ])('%s', (_, by, ...words) => finds('broken_rules', by, words));
});

test('a managed call that resumes may start a turn, even if all its events were silent', () => {
  const { findings } = broken((log) => {
    log.change(7, { awaits: 'managed' });
    for (const seq of [15, 16]) log.change(seq, { schedule: 'silent' });
  });
  expect(findings).toEqual([]);
});

describe('a failed call', () => {
  const fails =
    (type: string, ...kills: string[]): Break =>
    (log, _, evidence) => {
      log.change(40, { kind: 'call.failed', error: { type, message: 'It is gone.' } });
      evidence.faults = kills.map((target) => {
        return { kind: 'kill', at: BEGAN + 39_000, target, moment: 'random' };
      });
    };

  test.each([
    ['KeeperLost', 'keeper'],
    ['CommandFailed', 'program'],
    ['WorkerLost', 'worker'],
  ])('with %s is excused, with the reason, if its %s was killed', (type, target) => {
    const { findings, excused, size } = broken(fails(type, target));
    expect(findings).toEqual([]);
    expect(excused).toMatchObject([
      { seqs: [40], words: `call_c failed as ${type}: It is gone.`, why: containing(type) },
    ]);
    expect(size.failures).toEqual({ [type]: 1 });
  });

  test('needs no excuse if the request of the model was invalid', () => {
    expect(broken(fails('NoSuchCall'))).toMatchObject({ findings: [], excused: [] });
  });

  test('with KeeperLost is not excused if no keeper was killed', () => {
    finds('broken_rules', fails('KeeperLost', 'worker'), ['(no keeper was killed for it)']);
  });

  test.each([
    ['freeze', 'worker'],
    ['freeze', 'temporal'],
    ['partition', 'worker from temporal and database'],
    ['partition', 'everyone from temporal'],
    ['starve', 'temporal'],
  ] as const)('with WorkerLost is excused after a %s of %s', (kind, target) => {
    const { findings, excused } = broken((log, conversation, evidence) => {
      fails('WorkerLost')(log, conversation, evidence);
      evidence.faults = [{ kind, at: BEGAN, target, moment: 'random', pids: [1] }];
    });
    expect(findings).toEqual([]);
    expect(excused).toHaveLength(1);
  });

  test.each([
    ['partition', 'worker from database', 39],
    ['kill', 'api', 39],
    ['kill', 'worker', 41],
    ['kill', 'worker', -100],
  ] as const)(
    'with WorkerLost is not excused after a %s of %s at %i s',
    (kind, target, seconds) => {
      finds(
        'broken_rules',
        (log, conversation, evidence) => {
          fails('WorkerLost')(log, conversation, evidence);
          const at = BEGAN + seconds * 1_000;
          evidence.faults = [{ kind, at, target, moment: 'random', pids: [1] }];
        },
        ['no worker was killed, frozen or cut off from Temporal for it'],
      );
    },
  );

  test('for any other reason is not excused', () => {
    finds('broken_rules', fails('Timeout', 'keeper', 'worker'), [
      'and the run gave no reason for it',
    ]);
  });
});

describe('a failed reply', () => {
  /** Fails between the last call and the close. */
  const fails =
    (type: string): Break =>
    (log) => {
      log.insert(41, 'reply.started', { reply_id: 'reply_6', because: 'news', reason: '' }, [40]);
      const error = { type, message: 'It is gone.' };
      log.insert(42, 'reply.failed', { reply_id: 'reply_6', error }, [41]);
    };

  test('is not a fault of the service if the model failed', () => {
    expect(broken(fails('ModelUnavailable')).findings).toEqual([]);
  });

  test('is a fault of the service for any other reason', () => {
    finds('broken_rules', fails('ReplyStopped'), [
      'reply_6 failed as ReplyStopped: It is gone. (and the run gave no reason for it)',
    ]);
  });
});
