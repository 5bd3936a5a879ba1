import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { conversation, failed, MANY, play, type CallPlay } from '../../test/kit/played-call.ts';
import type { CallContext, LocalTool } from '../../tools/define.ts';

describe('a call that goes well', () => {
  test('ends with what the tool returned', async () => {
    const call = play(async () => ({ answer: 42 }));
    expect(await call.end).toEqual({ type: 'completed', result: { answer: 42 } });
    expect(call.told).toEqual([]);
  });

  test('gives the tool its input as the schema parses it', async () => {
    const { end } = play(async (input: unknown) => input, {
      tool: { input: z.object({ a: z.number(), b: z.string().default('x') }) },
      input: { a: 1, c: 2 },
    });
    expect(await end).toEqual({ type: 'completed', result: { a: 1, b: 'x' } });
  });

  test('tells its events in order, numbered, one at a time', async () => {
    let telling = 0;
    let most = 0;
    const ns: number[] = [];
    const call = play(
      async function* (_: unknown, { progress, result }: CallContext) {
        yield result('a', { schedule: 'interrupt' });
        yield progress(50, 'half');
        yield result('b');
        return 'c';
      },
      {
        tool: { results: { min: 3, max: 3 } },
        async signalConversation(key, event) {
          expect(key).toEqual(conversation);
          telling += 1;
          most = Math.max(most, telling);
          await nextTurn();
          ns.push(event.n);
          telling -= 1;
        },
      },
    );
    expect(await call.end).toEqual({ type: 'completed', result: 'c' });
    expect([ns, most]).toEqual([[1, 2, 3], 1]);
  });

  test('has the note of each step in its event', async () => {
    const call = play(
      async function* (_: unknown, { progress, result }: CallContext) {
        yield progress(50, 'half', { checkpoint: 1 });
        yield result({ a: 1 }, { schedule: 'silent' });
      },
      { tool: MANY },
    );
    await call.end;
    expect(call.told).toEqual([
      {
        call_id: 'call_1',
        n: 1,
        event: 'progress',
        percent: 50,
        note: 'half',
        schedule: 'when_idle',
      },
      { call_id: 'call_1', n: 2, event: 'result', data: { a: 1 }, schedule: 'silent' },
    ]);
  });
});

describe('progress', () => {
  const hundred = async function* (_: unknown, { progress }: CallContext) {
    for (let percent = 1; percent <= 100; percent += 1) yield progress(percent, `${percent}`);
    return 'done';
  };
  const toldPercents = async (more: CallPlay) => {
    const call = play(hundred, more);
    await call.end;
    return call.told.map(({ percent }) => percent);
  };

  test.each([
    [{}, [25, 50, 75, 100]],
    [{ report: 'every 50 percent' }, [50, 100]],
    [{ report: 'only the end' }, []],
    [{ tool: { report: 'every 100%' } }, [100]],
    [{ tool: { report: 'every 100%' }, report: 'every 50%' }, [50, 100]],
    [{ report: 'whenever you like' }, [25, 50, 75, 100]],
  ])('with %j is told at %j', async (more, percents) => {
    expect(await toldPercents(more)).toEqual(percents);
  });

  test('between milestones is shown live, the first step at once and the last one always', async () => {
    const call = play(hundred, { report: 'only the end' });
    await call.end;
    expect(call.shown.at(0)).toEqual({
      type: 'progress',
      call_id: 'call_1',
      percent: 1,
      note: '1',
    });
    expect(call.shown.at(-1)).toMatchObject({ percent: 100 });
    expect(call.kept.at(-1)).toMatchObject({ percent: 100, note: '100' });
    expect(call.kept.length).toBeLessThan(100);
  });

  test('that is out of bounds is clamped, with one warning, and the call goes on', async () => {
    const call = play(async function* (_, { progress }) {
      for (const percent of [50, Number.NaN, 105, 110]) yield progress(percent, `at ${percent}`);
      return 'all done';
    });
    expect(await call.end).toEqual({ type: 'completed', result: 'all done' });
    const told = call.told.map(({ percent, note }) => [percent, note]);
    expect(told).toEqual([
      [50, 'at 50'],
      [100, 'at 105'],
    ]);
    expect(call.logged).toEqual([
      expect.stringMatching('a percent that is not a number: 50 is shown'),
    ]);
  });

  test('that cannot be stored does not fail the call', async () => {
    const call = play(hundred, {
      store: {
        ...createMemoryStore(),
        setProgress: () => Promise.reject(new Error('store is away')),
      },
    });
    expect(await call.end).toEqual({ type: 'completed', result: 'done' });
    expect(call.logged).toContain('Live progress could not be written.');
  });
});

describe('the number of results', () => {
  const give = (count: number, returned?: unknown) =>
    async function* (_: unknown, { result }: CallContext) {
      for (let i = 1; i <= count; i += 1) yield result(i);
      return returned;
    };
  const endWith = (results: LocalTool['results'], run: LocalTool['run']) =>
    play(run, { tool: { results } }).end;

  test.each([
    ['one by default', undefined, give(0, 'x'), 'x'],
    ['the end itself, where nothing is returned', undefined, give(0), null],
    ['a yield in its place', undefined, give(1), null],
    ['two and the return', { min: 3, max: 3 }, give(2, 'x'), 'x'],
    ['none', { min: 0, max: 5 }, give(0), null],
    ['as many as it likes', { min: 1, max: 'many' as const }, give(50, 'x'), 'x'],
  ])('may be %s', async (_, results, run, result) => {
    expect(await endWith(results, run)).toEqual({ type: 'completed', result });
  });

  test('must not be too low', async () => {
    expect(await endWith({ min: 4, max: 4 }, give(2, 'x'))).toEqual(
      failed('TooFewResults', 'play ended after 3 of at least 4 results.'),
    );
  });

  test('must not be too high because of the return value', async () => {
    expect(await endWith({ min: 1, max: 2 }, give(2, 'x'))).toEqual(
      failed('TooManyResults', 'play gave more results than the 2 it declares.'),
    );
  });

  test('must not be too high because of yields, and the excess is never told', async () => {
    const call = play(give(5), { tool: { results: { min: 1, max: 2 } } });
    expect(await call.end).toMatchObject(failed('TooManyResults', /more results than the 2/));
    expect(call.told.map(({ data }) => data)).toEqual([1, 2]);
  });
});
