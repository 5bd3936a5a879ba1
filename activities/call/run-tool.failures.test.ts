import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { failed, MANY, play } from '../../test/kit/played-call.ts';
import type { CallYield } from '../../tools/define.ts';

describe('a call fails, with a reason that can be read, when the tool', () => {
  test.each([
    ['throws', new Error('no disk'), 'ToolError', 'no disk'],
    ['throws an error of its own', new RangeError('too far'), 'RangeError', 'too far'],
    ['throws what is no error', 'plain', 'ToolError', 'plain'],
    [
      'throws nothing at all',
      undefined,
      'ToolError',
      'The tool threw undefined, so the reason is unknown.',
    ],
    [
      'says it was aborted, though nobody did',
      new DOMException('x', 'AbortError'),
      'AbortError',
      'x',
    ],
    ['throws what cannot be stored', new Error('a\0b'), 'ToolError', 'a\uFFFDb'],
    ['throws a novel', new Error('x'.repeat(1e6)), 'ToolError', /^x{200} … x{3000}$/],
  ])('%s', async (_, error, type, message) => {
    const promised = play(() => Promise.reject(error));
    expect(await promised.end).toEqual(failed(type, message));
    const yielded = play(async function* () {
      yield* [];
      throw error;
    });
    expect(await yielded.end).toEqual(failed(type, message));
    const atOnce = play(() => {
      throw error;
    });
    expect(await atOnce.end).toEqual(failed(type, message));
  });

  test.each([
    ['yields nothing', undefined, 'InvalidYield', /neither progress nor a result/],
    ['yields a string', '50%', 'InvalidYield', /neither progress nor a result/],
    ['yields a BigInt', { type: 'result', data: 1n }, 'InvalidResult', /bigint/],
    [
      'yields too much',
      { type: 'result', data: 'x'.repeat(2_000) },
      'ResultTooLarge',
      /2002|2\d{3} bytes/,
    ],
  ])('%s, and its generator is ended', async (_, yielded, type, message) => {
    let ended = false;
    const call = play(
      async function* () {
        try {
          yield yielded as CallYield;
        } finally {
          ended = true;
        }
      },
      { tool: MANY },
    );
    expect(await call.end).toEqual(failed(type, message));
    expect(call.told).toEqual([]);
    expect(ended).toBe(true);
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each([
    ['a function', () => 1, 'InvalidResult', 'Its result is not valid JSON: it is a function.'],
    ['a cycle', cycle, 'InvalidResult', /circular/],
    ['too much', 'x'.repeat(2_000), 'ResultTooLarge', /has 2002 bytes; at most 1000/],
  ])('returns %s', async (_, value, type, message) => {
    expect(await play(async () => value).end).toEqual(failed(type, message));
  });

  test('fails again during cleanup, where the first reason counts', async () => {
    const call = play(async function* () {
      try {
        yield 'garbage' as never;
      } finally {
        await Promise.reject(new Error('and the cleanup too'));
      }
    });
    expect(await call.end).toMatchObject(failed('InvalidYield', /neither/));
    expect(call.logged).toEqual(['The tool failed while it was being ended.']);
  });

  test('gets an input that no longer fits', async () => {
    const call = play(async () => 1, {
      tool: { input: z.object({ a: z.string() }) },
      input: { a: 5 },
    });
    expect(await call.end).toEqual(
      failed('InvalidInput', /^The input does not match its schema\. a: .*string/),
    );
  });

  test('would get other input than a person has approved, and does not run', async () => {
    const input = z.object({ amount: z.number().transform((amount) => Math.min(amount, 50)) });
    const ran: unknown[] = [];
    const pay = (agreed: unknown) =>
      play(async (given) => void ran.push(given), {
        tool: { input },
        input: { amount: 100 },
        agreed,
      });
    expect(await pay({ amount: 100 }).end).toEqual(
      failed('ToolChanged', /would now get different input/),
    );
    expect(ran).toEqual([]);
    expect(await pay({ amount: 50 }).end).toMatchObject({ type: 'completed' });
    expect(ran).toEqual([{ amount: 50 }]);
  });

  test('is no longer there', async () => {
    const call = play(async () => 1, { catalogue: { tools: new Map(), agents: new Map() } });
    expect(await call.end).toEqual(failed('UnknownTool', 'There is no tool named play.'));
  });
});
