/** The contract of a conversation with several runs, which an operator's reset creates, for every store. */
import { describe, expect, test } from 'vitest';
import type { Batch, Fence } from '../../contract/batch.ts';
import type { Entry } from '../../contract/entry.ts';
import type { ConversationKey } from '../../contract/names.ts';
import { idle, interrupted, message, messages, replying, someone, started } from './samples.ts';
import type { Store } from '../../store/store.ts';

export function resetsContract(store: () => Store): void {
  const recorded = { outcome: 'recorded', said: {} };
  const by = (
    conversation: ConversationKey,
    run_id: string,
    base: number,
    entries: Entry[],
    fence: Partial<Fence> = {},
    head = idle,
  ): Batch => ({
    conversation,
    fence: { run: 0, length: 3, at: 0, run_id, ...fence },
    base,
    entries,
    head,
  });
  const texts = async (one: ConversationKey) =>
    (await store().window(one, { from: 1, to: 99 })).map((e) => ('text' in e ? e.text : e.kind));
  const reset = (seq: number): Entry => ({
    seq,
    at: message(1, '').at,
    kind: 'conversation.reset',
    actor: { type: 'system', id: 'operator' },
    cause: [],
  });
  const takes = { committed: true, takes_over: {} };

  describe('a run that does not follow the one which holds the log', () => {
    test.each([
      ['with a shorter history', { length: 1 }],
      ['with a longer one', { length: 99 }],
      ['of a later ordinal', { run: 5 }],
    ])('%s is refused, even if its write is committed', async (_, fence) => {
      const one = someone();
      await store().record(by(one, 'a', 1, messages(1, 'x', 'y')));
      const other = by(one, 'b', 2, messages(2, 'z'), fence);
      expect(await store().record(other)).toEqual({ outcome: 'other_run' });
      expect(await store().record(other, { committed: true })).toEqual({ outcome: 'other_run' });
      expect(await texts(one)).toEqual(['x', 'y']);
    });

    test('takes over the log if it is the current run, and removes what the other run decided', async () => {
      const one = someone();
      const running = { id: 'call_1', tool: 't', status: 'running', requested_at: '' } as const;
      const head = { ...idle, calls: [running, { ...running, id: 'call_2', status: 'queued' }] };
      await store().record(
        by(one, 'a', 1, messages(1, 'x', 'y', 'z'), { length: 50 }, head as never),
      );
      const made = { run_id: 'b', kept: 1, had: 3, calls: ['call_1'], reason: 'why' };
      const first = by(one, 'b', 2, messages(2, 'new'), { length: 9 });
      const over = { committed: true, takes_over: { base_runs: ['a'], reason: 'why' } };
      expect(await store().record(first, over)).toMatchObject({ ...recorded, reset: made });
      expect(await texts(one)).toEqual(['x', 'new']);
      expect(await store().follow(one, { after: 3, revision: 0, limit: 9 })).toMatchObject({
        rewind: 1,
        revision: 1,
      });
      // Until the log records the reset, each write of that run returns it.
      const next = by(one, 'b', 3, messages(3, 'next'), { length: 12 });
      expect(await store().record(next)).toMatchObject({ ...recorded, reset: made });
      expect(await store().record(by(one, 'b', 4, [reset(4)], { length: 12 }))).toMatchObject(
        recorded,
      );
      expect(await store().record(by(one, 'b', 5, [], { length: 15 }))).toMatchObject(recorded);
      // The run that was ended resumes.
      const late = by(one, 'a', 4, messages(4, 'late'), { length: 99 });
      expect(await store().record(late)).toEqual({ outcome: 'other_run' });
      expect(await store().writer(one)).toMatchObject({ run_id: 'b', last_seq: 4 });
    });

    test('takes over only once: a repeated write removes nothing', async () => {
      const one = someone();
      await store().record(by(one, 'a', 1, messages(1, 'x', 'y')));
      const first = by(one, 'b', 1, [message(1, 'x'), reset(2)]);
      expect(await store().record(first, takes)).toMatchObject(recorded);
      await store().record(by(one, 'b', 3, messages(3, 'more'), { length: 9 }));
      expect(await store().record(first, takes)).toMatchObject(recorded);
      expect(await texts(one)).toEqual(['x', 'conversation.reset', 'more']);
    });

    test('does not reopen what is closed', async () => {
      const one = someone();
      const closed = { ...idle, status: 'closed' as const };
      await store().record(by(one, 'a', 1, messages(1, 'x'), {}, closed));
      expect(await store().record(by(one, 'b', 1, messages(1, 'y')), takes)).toEqual({
        outcome: 'closed',
        by: 'a',
      });
      expect(await texts(one)).toEqual(['x']);
    });

    test('reopens what was closed by a run that was cut off before its end was committed', async () => {
      const one = someone();
      const closed = { ...idle, status: 'closed' as const };
      const end = { seq: 2, at: '2030-01-01T00:00:00.000Z', kind: 'conversation.closed' };
      const actor = { type: 'user', id: 'user' };
      const ended = [message(1, 'x'), { ...end, actor, cause: [] } as Entry];
      await store().record(by(one, 'a', 1, ended, {}, closed));
      const heardMore = by(one, 'b', 2, messages(2, 'y'));
      const other = { committed: true, takes_over: { cut_off: 'c' } };
      expect(await store().record(heardMore, other)).toEqual({ outcome: 'closed', by: 'a' });
      const cutOff = { committed: true, takes_over: { cut_off: 'a' } };
      expect(await store().record(heardMore, cutOff)).toMatchObject({ outcome: 'recorded' });
      expect(await texts(one)).toEqual(['x', 'y']);
      expect(await store().conversation(one)).toMatchObject({ status: 'idle', last_seq: 2 });
    });
  });

  test('a run is followed by the one that continues it, whatever its ordinal', async () => {
    const one = someone();
    await store().record(by(one, 'a', 1, messages(1, 'x'), { run: 7, length: 90 }));
    await store().record(by(one, 'b', 1, messages(1, 'y'), { run: 2, length: 9 }), takes);
    const next = by(one, 'c', 2, messages(2, 'z'), { run: 3, length: 3, continued_from: 'b' });
    expect(await store().record(next)).toMatchObject(recorded);
    expect(await texts(one)).toEqual(['y', 'z']);
    const late = by(one, 'b', 2, messages(2, 'late'), { run: 2, length: 99 });
    expect(await store().record(late)).toEqual({ outcome: 'other_run' });
  });

  test('a log of an older version, which names no run, goes to the first run that names itself', async () => {
    const one = someone();
    const { run_id: _, ...fence } = by(one, '', 1, []).fence;
    await store().record({ ...by(one, '', 1, messages(1, 'x')), fence });
    expect(await store().record(by(one, 'a', 2, messages(2, 'y'), { length: 2 }))).toEqual({
      outcome: 'refused',
    });
    expect(await store().record(by(one, 'a', 2, messages(2, 'y')))).toMatchObject(recorded);
    expect(await store().writer(one)).toMatchObject({ run_id: 'a' });
  });

  test('a run that is based on a run taken back gets that run’s log again', async () => {
    const one = someone();
    const of = (...base_runs: string[]) => ({ committed: true, takes_over: { base_runs } });
    await store().record(by(one, 'a', 1, messages(1, '1', '2', '3', '4')));
    await store().record(by(one, 'b', 2, messages(2, 'b2')), of('a'));
    await store().record(by(one, 'b', 3, messages(3, 'b3', 'b4', 'b5')));
    await store().record(by(one, 'c', 4, messages(4, 'c4')), of('b'));
    expect(await texts(one)).toEqual(['1', 'b2', 'b3', 'c4']);
    // Reset by way of a run that never wrote.
    await store().record(by(one, 'd', 5, messages(5, 'd5')), of('x', 'a', 'b'));
    expect(await texts(one)).toEqual(['1', '2', '3', '4', 'd5']);
    await store().record(by(one, 'e', 6, messages(6, 'e6')), of('b'));
    expect(await texts(one)).toEqual(['1', 'b2', 'b3', 'b4', 'b5', 'e6']);
    await store().record(by(one, 'f', 5, messages(5, 'f5')), of('c'));
    expect(await texts(one)).toEqual(['1', 'b2', 'b3', 'c4', 'f5']);
  });

  describe('drafts', () => {
    const say = (one: ConversationKey, number: number, attempt: number, run_id: string) =>
      store().appendDraft(one, { reply_id: `reply_${number}`, attempt, run_id, text: 'Words' });

    test('of the ended run accept no text, and do not block the other run', async () => {
      const one = someone();
      const first = [message(1, 'x'), started(2, 1)];
      await store().record(by(one, 'a', 1, first, {}, replying(1)));
      expect(await store().beginDraft(one, 'reply_1', 3, 'a')).toBe(true);
      await store().record(by(one, 'a', 3, [started(3, 2)], {}, replying(2)));
      expect(await store().beginDraft(one, 'reply_2', 1, 'a')).toBe(true);
      // Run b does not hold the log yet.
      expect(await store().beginDraft(one, 'reply_1', 1, 'b')).toBe(false);
      await store().record(by(one, 'b', 1, first, {}, replying(1)), takes);
      expect(await say(one, 2, 1, 'a')).toBe(false);
      expect(await store().beginDraft(one, 'reply_3', 1, 'a')).toBe(false);
      expect(await store().beginDraft(one, 'reply_1', 1, 'b')).toBe(true);
      expect(await say(one, 1, 3, 'a')).toBe(false);
      expect(await say(one, 1, 1, 'b')).toBe(true);
      expect(await store().draft(one)).toMatchObject({ attempt: 1, text: 'Words' });
    });

    test('that the run which takes over interrupts keep their words', async () => {
      const one = someone();
      const first = [message(1, 'x'), started(2, 1)];
      await store().record(by(one, 'a', 1, first, {}, replying(1)));
      await store().beginDraft(one, 'reply_1', 1, 'a');
      await say(one, 1, 1, 'a');
      const cut = by(one, 'b', 3, [interrupted(3, 1)]);
      expect(await store().record(cut, takes)).toMatchObject({ said: { reply_1: 'Words' } });
      expect(await texts(one)).toEqual(['x', 'reply.started', 'Words']);
    });
  });

  describe('the log of a conversation whose workflow is gone', () => {
    const at = '2030-01-01T00:00:00.000Z';
    const end = { why: 'terminated' as const, at, sent: [] };

    test('is closed once, with everything open in it, and accepts no more writes', async () => {
      const one = someone();
      await store().record(by(one, 'a', 1, [message(1, 'x'), started(2, 1)], {}, replying(1)));
      await store().beginDraft(one, 'reply_1', 1, 'a');
      await say(one);
      const seen = (await store().writer(one))!;
      const sent = [1, 3].map((n) => ({
        at,
        message: { message_id: `message_${n}`, text: `sent ${n}`, author: 'ann' },
      }));
      expect(await store().closeGone(one, { ...end, seen, sent })).toBe(true);
      expect((await store().window(one, { from: 3, to: 9 })) as unknown[]).toMatchObject([
        { seq: 3, kind: 'message.user', text: 'sent 3', actor: { type: 'user', id: 'ann' } },
        { seq: 4, kind: 'reply.interrupted', text: 'Half', by: 'close' },
        { seq: 5, kind: 'conversation.closed', why: 'terminated' },
      ]);
      expect(await store().conversation(one)).toMatchObject({ status: 'closed', last_seq: 5 });
      expect(await store().closeGone(one, { ...end, seen })).toBe(false);
      const late = by(one, 'a', 3, messages(3, 'late'), { length: 99 });
      for (const committed of [false, true]) {
        expect(await store().record(late, { committed })).toEqual({ outcome: 'other_run' });
      }
      expect(await store().record(by(one, 'b', 3, messages(3, 'b')), takes)).toEqual({
        outcome: 'closed',
      });
      expect(await store().appendDraft(one, { ...draft, text: 'late' })).toBe(false);
    });

    const draft = { reply_id: 'reply_1', attempt: 1, run_id: 'a' };
    const say = (one: ConversationKey) => store().appendDraft(one, { ...draft, text: 'Half' });

    test('is closed again, after the messages that it lacks, where a run closed it before its end was committed', async () => {
      const one = someone();
      const closed = { ...idle, status: 'closed' as const };
      const actor = { type: 'user', id: 'user' };
      const ended = { seq: 2, at, kind: 'conversation.closed', actor, cause: [] } as Entry;
      await store().record(by(one, 'a', 1, [message(1, 'x'), ended], {}, closed));
      const seen = (await store().writer(one))!;
      const sent = [{ at, message: { message_id: 'late', text: 'late' } }];
      expect(await store().closeGone(one, { ...end, seen, sent })).toBe(true);
      expect(await texts(one)).toEqual(['x', 'late', 'conversation.closed']);
      expect(await store().conversation(one)).toMatchObject({ status: 'closed', revision: 1 });
      const again = (await store().writer(one))!;
      expect(await store().closeGone(one, { ...end, seen: again, sent })).toBe(false);
    });

    test('stays as it is if it was written since it was read', async () => {
      const one = someone();
      await store().record(by(one, 'a', 1, messages(1, 'x')));
      const seen = (await store().writer(one))!;
      await store().record(by(one, 'a', 2, messages(2, 'y')));
      expect(await store().closeGone(one, { ...end, seen })).toBe(false);
      expect(await texts(one)).toEqual(['x', 'y']);
    });

    test('may be empty: it was made known, and nothing was ever written', async () => {
      const one = someone();
      await store().open(one, { agent: 'default', metadata: {}, at });
      const seen = (await store().writer(one))!;
      expect(await store().closeGone(one, { ...end, seen })).toBe(true);
      expect(await texts(one)).toEqual(['conversation.closed']);
    });
  });
}
