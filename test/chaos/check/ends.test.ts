/** The checker finds each fault that is put into sound evidence, under its count and with its message: effects and ends. */
import { describe, expect, test } from 'vitest';
import { type Break, broken, type Case, finds } from './faults.ts';
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
      'a dropped call had an effect',
      (_, __, { ledger }) => ledger.push(line('call_e', 'step 1', 30)),
      'call_e had an effect, but it was never started (call.dropped)',
    ],
    [
      'a denied call had an effect',
      (_, __, { ledger }) => ledger.push(line('call_d', 'step 1', 15)),
      'call_d had an effect, but it was never started (call.denied)',
    ],
    [
      'an unknown call had an effect',
      (_, __, { ledger }) => ledger.push(line('call_x', 'step 1', 15)),
      'call_x had an effect, and is in no log',
    ],
    [
      'a completed call had another effect',
      (_, __, { ledger }) => ledger.push(line('call_a', 'step 3', 26)),
      'call_a had an effect, "step 3" 3000 ms after its call.completed',
    ],
    [
      'a program ran on long after its call was cancelled',
      (_, __, { ledger }) => ledger.push(line('call_b', 'step 2', 96)),
      'call_b had an effect, "step 2" 61000 ms after its call.cancelled',
    ],
  ])('%s', (_, by, ...words) => finds('doubled_effects', by, words));

  test('a call may have effects until its cancellation is written and it had time to stop', () => {
    const until = (at: number): Break => {
      return (_, conversation, { ledger }) => {
        conversation.cancelled = [{ call_id: 'call_b', at: BEGAN + 60_000 }];
        ledger.push(line('call_b', 'step 2', at));
      };
    };
    expect(broken(until(119)).findings).toEqual([]);
    finds('doubled_effects', until(121), [
      'call_b had an effect, "step 2" 61000 ms after its call.cancelled',
    ]);
  });
});

describe('at the end of a run', () => {
  test('a call without an end is an unended call', () => {
    finds('unended_calls', (log) => log.remove(30), [
      'call_e (installer) has no end; the last of it is call.requested (28).',
    ]);
  });

  test('a program that still runs is left behind', () => {
    const left = { pid: 4711, command: 'install alpha' };
    finds('programs_left', (_, __, { programs }) => programs.push(left), [
      'Process 4711 still runs: install alpha',
    ]);
  });

  test('a call whose workflow still runs is left behind', () => {
    finds('programs_left', (_, __, { calls }) => calls.push('call_x'), [
      'The workflow of call_x still runs.',
    ]);
  });

  test.each<Case>([
    [
      'a stream without an end',
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
  ])('%s means that its conversation is stuck', (_, by, ...words) => finds('stuck', by, words));

  test('an open conversation with a reply in flight is stuck, and has no missing entry', () => {
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
