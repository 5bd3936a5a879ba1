/** Each fault, put into evidence that is sound, is found, under its own count, and by name. */
import { describe, expect, test } from 'vitest';
import type { Entry, EntryKind } from '../../contract/entry.ts';
import type { ConversationEvidence, Evidence } from '../evidence.ts';
import { check } from './check.ts';
import { COUNTS, type Count, isSound } from './report.ts';
import { BEGAN, soundEvidence } from './sound.ts';

/** What breaks: it may change the evidence, its only conversation, and that one's log. */
type Break = (log: Log, conversation: ConversationEvidence, evidence: Evidence) => void;

/** Changes the log and what the follower holds of it alike, unless a fault is about the follower. */
class Log {
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

function broken(by: Break, { follows = true } = {}) {
  const evidence = soundEvidence();
  const conversation = evidence.conversations[0]!;
  const log = new Log(conversation);
  by(log, conversation, evidence);
  conversation.entries = log.entries;
  if (follows) conversation.followed = structuredClone(log.entries);
  return check(evidence);
}

/** Only `count` rises, by the faults whose words are given. */
function finds(count: Count, by: Break, words: string[], options?: { follows: boolean }) {
  const { counts, findings } = broken(by, options);
  expect(findings.map((finding) => finding.words)).toEqual(words.map(containing));
  const none = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, 0]));
  expect(counts).toEqual({ ...none, [count]: words.length });
}

const containing = (words: string) => expect.stringContaining(words) as string;

test('evidence of a run in which all went well has no findings', () => {
  const report = check(soundEvidence());
  expect(report.findings).toEqual([]);
  expect(isSound(report)).toBe(true);
  expect(report.size).toMatchObject({ conversations: 1, messages: 3, entries: 42, calls: 6 });
});

test('no evidence at all is not a crash', () => {
  const conversations = [{ ...soundEvidence().conversations[0]!, entries: [], followed: [] }];
  const report = check({ ...soundEvidence(), conversations });
  expect(report.counts).toMatchObject({ lost_messages: 3, stuck: 1 });
  expect(isSound(report)).toBe(false);
});

type Case = [what: string, by: Break, ...words: string[]];

describe('lost_messages', () => {
  test.each<Case>([
    [
      'a message that was acknowledged is not in the log',
      (_, __, { sent }) => sent.push({ conversation: 'conv_1', message_id: 'm4', text: 'hello' }),
      'm4 ("hello") was acknowledged with 202 and is not in the log.',
    ],
    [
      'nor is its conversation known',
      (_, __, { sent }) => sent.push({ conversation: 'conv_9', message_id: 'm1', text: 'hello' }),
      'm1 ("hello") was acknowledged',
    ],
    [
      'its words are others',
      (log) => log.change(29, { text: 'bye' }),
      'm3 ("words of m3") was acknowledged, but the log has other words: "bye".',
    ],
  ])('%s', (_, by, ...words) => finds('lost_messages', by, words));
});

describe('lost_news', () => {
  test.each<Case>([
    [
      'an end has no receipt',
      (log) => log.change(41, { of: [39], cause: [39] }),
      'call.completed of call_c (entry 40) has no receipt.',
    ],
    [
      'an event has no receipt',
      (log) => log.remove(36),
      'Event 1 of call_b (entry 34) has no receipt.',
    ],
    [
      'a denial has no receipt',
      (log) => log.change(27, { of: [23], cause: [23] }),
      'call.denied of call_d (entry 21) has no receipt.',
    ],
    [
      'a call that was cancelled past the conversation has no receipt',
      (log) => log.change(35, { by: 'operator' }),
      'call.cancelled of call_b (entry 35) has no receipt.',
    ],
    [
      'a receipt names what does not exist',
      (log) => log.change(41, { of: [39, 40, 99], cause: [39, 40, 99] }),
      'A receipt says failed of 99, which is no news.',
    ],
    [
      'a receipt says that a reply told it which was interrupted',
      (log) => log.change(20, { reply_id: 'reply_1' }),
      'A receipt says spoken of 16, but reply_1 was never completed.',
    ],
    [
      'a receipt says that a reply told it which never had it',
      (log) => log.change(20, { reply_id: 'reply_4' }),
      'A receipt says spoken of 16, but reply_4 was not given it.',
    ],
    [
      'a receipt says merged where nothing later was told',
      (log) => log.change(20, { fate: 'merged' }),
      'A receipt says merged of 16, but reply_3 was given nothing later of its call.',
    ],
    [
      'a receipt says superseded where nothing was cancelled',
      (log) => log.change(41, { fate: 'superseded' }),
      'A receipt says superseded of 39, whose call was not cancelled.',
      'A receipt says superseded of 40, whose call was not cancelled.',
    ],
    [
      'an event reached Temporal and never the log',
      (_, { events }) => events.splice(2, 0, { call_id: 'call_a', n: 3, late: false }),
      'Event 3 of call_a reached Temporal while its call was open, and is not in the log.',
    ],
    [
      'an event of a call that was cancelled later reached Temporal and never the log',
      (log, { events }) => {
        events.find(({ call_id, n }) => call_id === 'call_b' && n === 2)!.n = 3;
        log.change(34, { n: 3 });
      },
      'Event 1 of call_b reached Temporal while its call was open, and is not in the log.',
    ],
  ])('%s', (_, by, ...words) => finds('lost_news', by, words));

  test('an event that was sent again, late, or after its call was cancelled is none', () => {
    const more = [
      { call_id: 'call_a', n: 2, late: false },
      { call_id: 'call_a', n: 4, late: true },
      { call_id: 'call_b', n: 3, late: false },
    ];
    expect(broken((_, { events }) => events.push(...more)).findings).toEqual([]);
  });
});

describe('missing_entries', () => {
  test.each<Case>([
    ['an entry is not there', (log) => log.lose(12), 'The log goes from 11 to 13: 1 missing.'],
    [
      'an entry has another number',
      (log) => log.change(42, { seq: 45 }),
      'The log goes from 41 to 45: 3 missing.',
    ],
    [
      'a reply has no end, and an end no reply',
      (log) => log.change(32, { reply_id: 'reply_9' }),
      'reply_5 was started, but neither completed, interrupted nor failed.',
      'reply_9 ended, but its reply.started is missing.',
    ],
    [
      'a call runs that was never started',
      (log) => log.remove(38),
      'call_c ran, but its call.started is missing.',
    ],
    [
      'an entry is caused by what comes after it',
      (log) => log.change(23, { cause: [7, 24] }),
      'call.completed 23 is caused by 24, which is not before it.',
    ],
    [
      'an entry is caused by nothing that there is',
      (log) => log.change(23, { cause: [0, 7] }),
      'call.completed 23 is caused by 0, which is nowhere.',
    ],
    [
      'a message reached Temporal and never the log',
      (_, { signalled }) => signalled.push('m9'),
      "m9 is a signal in Temporal's history and not in the log.",
    ],
  ])('%s', (_, by, ...words) => finds('missing_entries', by, words));

  test.each<Case>([
    [
      'the follower of the stream lacks an entry',
      (_, { followed }) => followed.splice(6, 1),
      'The follower of the stream does not hold 7 (call.requested).',
    ],
    [
      'the follower holds another entry',
      (_, { followed }) => Object.assign(followed[5]!, { text: 'No.' }),
      'The follower of the stream holds 6 as reply.completed, and not as the log has it (reply.completed): text.',
    ],
    [
      'the follower holds what was taken back',
      (_, { followed }) => followed.push({ ...followed[41]!, seq: 43 }),
      'The follower of the stream holds 43 (conversation.closed), which the log does not have.',
    ],
  ])('%s', (_, by, ...words) => finds('missing_entries', by, words, { follows: false }));
});

describe('doubled_entries', () => {
  test.each<Case>([
    [
      'a message is there twice',
      (log) => {
        log.again(29, 30);
        log.change(32, { cause: [29, 30] });
      },
      'Message m3 is in the log twice: 29, 30.',
    ],
    [
      'an event is there twice',
      (log) => {
        log.again(34, 35);
        log.change(37, { of: [34, 35] });
      },
      'Event 1 of call_b is in the log twice: 34, 35.',
    ],
    ['a call was started twice', (log) => log.again(24, 25), 'call_b was started twice: 24, 25.'],
    [
      'a call ended twice',
      (log) => {
        log.again(40, 41);
        log.change(42, { of: [39, 40, 41] });
      },
      'call_c ended twice: 40, 41.',
    ],
    [
      'a call has two ends that differ',
      (log) => log.insert(37, 'call.cancelled', { call_id: 'call_d', by: 'user' }),
      'call_d ended twice: 21, 37.',
    ],
    [
      'news was told twice',
      (log) => log.again(20, 21),
      'Entry 16 has 2 receipts: spoken (20), spoken (21).',
    ],
    [
      'a milestone was told again after a crash',
      (log) => log.change(16, { percent: 26 }),
      'The milestone of 25 % of call_a was told again by event 2.',
    ],
    [
      'a conversation was closed twice',
      (log) => log.again(42, 43),
      'The conversation was closed twice: 42, 43.',
    ],
    ['a reply ended twice', (log) => log.again(18, 19), 'reply_3 ended twice: 18, 19.'],
  ])('%s', (_, by, ...words) => finds('doubled_entries', by, words));

  test('an entry is there twice under its number', () => {
    finds(
      'doubled_entries',
      (log) => log.entries.push(structuredClone(log.at(1))),
      ['Entry 1 is in the log twice'],
      { follows: false },
    );
  });

  test('the follower of the stream holds an entry twice', () => {
    finds(
      'doubled_entries',
      (_, { followed }) => followed.push(structuredClone(followed[6]!)),
      ['Entry 7 is with the follower of the stream twice'],
      { follows: false },
    );
  });
});

describe('doubled_effects', () => {
  const line = (call_id: string, effect: string, after: number) => {
    return { call_id, tool: 'installer', effect, pid: 101, at: BEGAN + after * 1_000 };
  };
  test.each<Case>([
    [
      'a side effect happened twice',
      (_, __, { ledger }) => ledger.push(line('call_a', 'step 2', 17)),
      '"step 2" of call_a (installer) happened 2 times, by process 100, 101.',
    ],
    [
      'a call that was dropped had an effect',
      (_, __, { ledger }) => ledger.push(line('call_e', 'step 1', 30)),
      'call_e had an effect, but it was never started (call.dropped)',
    ],
    [
      'a call that was denied had an effect',
      (_, __, { ledger }) => ledger.push(line('call_d', 'step 1', 15)),
      'call_d had an effect, but it was never started (call.denied)',
    ],
    [
      'a call that nobody asked for had an effect',
      (_, __, { ledger }) => ledger.push(line('call_x', 'step 1', 15)),
      'call_x had an effect, which no log knows',
    ],
    [
      'a call that was complete had an effect',
      (_, __, { ledger }) => ledger.push(line('call_a', 'step 3', 26)),
      'call_a had an effect, "step 3" 3000 ms after its call.completed',
    ],
    [
      'a program went on long after its call was cancelled',
      (_, __, { ledger }) => ledger.push(line('call_b', 'step 2', 96)),
      'call_b had an effect, "step 2" 61000 ms after its call.cancelled',
    ],
  ])('%s', (_, by, ...words) => finds('doubled_effects', by, words));
});

describe('what has to be over', () => {
  test('a call without an end', () => {
    finds('unended_calls', (log) => log.remove(30), [
      'call_e (installer) has no end; the last of it is call.requested (28).',
    ]);
  });

  test('a program that still runs', () => {
    const left = { pid: 4711, command: 'install alpha' };
    finds('programs_left', (_, __, { programs }) => programs.push(left), [
      'Process 4711 still runs: install alpha',
    ]);
  });

  test.each<Case>([
    [
      'a conversation that was not closed',
      (log, { head }) => {
        head.status = 'idle';
        log.remove(42);
        log.remove(41);
      },
      'It is not over: its log has no conversation.closed, its status is idle.',
    ],
    [
      'a reply in flight and an open call in the head',
      (_, { head }) => {
        const at = new Date(BEGAN).toISOString();
        head.reply = { id: 'reply_9', started_at: at };
        head.calls.push({ id: 'call_z', tool: 'x', status: 'queued', requested_at: at });
      },
      'It is not over: reply_9 is in flight, call_z is queued.',
    ],
  ])('%s is stuck', (_, by, ...words) => finds('stuck', by, words));

  test('a reply in flight in an open conversation is stuck, and not a missing entry', () => {
    finds(
      'stuck',
      (log, { head }) => {
        for (const seq of [42, 41]) log.remove(seq);
        log.insert(41, 'reply.started', { reply_id: 'reply_6', because: 'news' }, [39, 40]);
        head.status = 'replying';
      },
      ['its status is replying'],
    );
  });
});

describe('broken_rules', () => {
  const reply = { reply_id: 'reply_9', because: 'results', reason: '' };
  test.each<Case>([
    [
      'R1: two replies at a time',
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
      'R3: a call that was asked for on stale input runs',
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
      'R3: a call that was dropped runs',
      (log) => log.insert(30, 'call.started', { call_id: 'call_e' }, [28]),
      'R3: call_e was released (call.started) though m3 had come since reply_4 began.',
      'R3: call_e was dropped (31), yet it was started.',
    ],
    [
      'R3: a call is asked for by nobody',
      (log) => log.change(28, { cause: [25] }),
      'R3: call_e was asked for by no reply that was completed.',
    ],
    [
      'R5: silent news starts a turn',
      (log) => [15, 16].forEach((seq) => log.change(seq, { schedule: 'silent' })),
      'R5: reply_3 was started by silent news alone.',
    ],
    [
      'R8: events fall back',
      (log, { events }) => {
        log.change(15, { n: 5 });
        events[0]!.n = events[1]!.n = 5;
      },
      'R8: event 2 of call_a (16) comes after event 5.',
    ],
    [
      'R8: a call speaks after its end',
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
      'R10: a call runs that nobody has approved yet',
      (log) => log.remove(22),
      'R10: call_c was started (37) before anybody had approved it.',
    ],
    [
      'R15: something follows the close',
      (log) => log.insert(43, 'limit.reached', { limit: 'tokens', value: 1 }),
      'R15: limit.reached (43) comes after conversation.closed (42).',
    ],
  ])('%s', (_, by, ...words) => finds('broken_rules', by, words));
});

test('that the flow of a managed call goes on is a reason to speak, though all it brought was silent', () => {
  const { findings } = broken((log) => {
    log.change(7, { awaits: 'managed' });
    for (const seq of [15, 16]) log.change(seq, { schedule: 'silent' });
  });
  expect(findings).toEqual([]);
});

describe('a call that failed', () => {
  const fails =
    (type: string, ...kills: string[]): Break =>
    (log, _, evidence) => {
      log.change(40, { kind: 'call.failed', error: { type, message: 'It is gone.' } });
      evidence.kills = kills.map((target) => ({ at: 1, target, moment: 'random' }));
    };

  test.each([
    ['KeeperLost', 'keeper'],
    ['CommandFailed', 'program'],
    ['WorkerLost', 'worker'],
  ])('as %s, where its %s was killed, is excused with the reason', (type, target) => {
    const { findings, excused, size } = broken(fails(type, target));
    expect(findings).toEqual([]);
    expect(excused).toMatchObject([
      { seqs: [40], words: `call_c failed as ${type}: It is gone.`, why: containing(type) },
    ]);
    expect(size.failures).toEqual({ [type]: 1 });
  });

  test('because the model asked for nonsense is nothing to excuse', () => {
    expect(broken(fails('NoSuchCall'))).toMatchObject({ findings: [], excused: [] });
  });

  test('as KeeperLost is not excused where no keeper was killed', () => {
    finds('broken_rules', fails('KeeperLost', 'worker'), ['(no keeper was killed for it)']);
  });

  test('for any other reason is not excused', () => {
    finds('broken_rules', fails('Timeout', 'keeper', 'worker'), [
      'for which the run gave no reason',
    ]);
  });
});
