/** Each fault, put into evidence that is sound, is found, under its own count, and by name: effects and ends. */
import { describe, test } from 'vitest';
import { type Case, finds } from './faults.ts';
import { BEGAN } from './sound.ts';

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

  test('a call that still runs', () => {
    finds('programs_left', (_, __, { calls }) => calls.push('call_x'), [
      'The workflow of call_x still runs.',
    ]);
  });

  test.each<Case>([
    [
      'a stream that was not told its end',
      (_, conversation) => (conversation.isOver = false),
      'It is not over: its stream has no end.',
    ],
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
