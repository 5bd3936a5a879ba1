import { describe, expect, test } from 'vitest';
import { messages } from '../test/store/samples.ts';
import { createTail, type ReaderStep } from './tail.ts';

const at = (after: number, revision = 0) => ({ after, revision });
const read = (revision: number, base: number, texts: string[], rewind?: number) => ({
  entries: messages(base, ...texts),
  revision,
  status: 'idle' as const,
  ...(rewind !== undefined && { rewind }),
});
const inWords = (step: ReaderStep) => {
  if (step.kind !== 'yield') return step.kind;
  const { item } = step;
  const { after, revision } = item.position;
  return `${item.type} ${after}.${revision}`;
};

describe('the tail of a log', () => {
  test('gives each reader the entry after its position, the same object to all', () => {
    const tail = createTail(at(2));
    tail.extend(read(0, 3, ['c', 'd']));
    expect([2, 3, 4].map((after) => inWords(tail.next(at(after))))).toEqual([
      'entry 3.0',
      'entry 4.0',
      'wait',
    ]);
    expect(tail.next(at(2))).toMatchObject({ item: { entry: { text: 'c' } } });
    expect((tail.next(at(2)) as any).item).toBe((tail.next(at(2)) as any).item);
  });

  test('sends a reader that is too far behind to the store, and lets one that is ahead wait for the next poll', () => {
    const tail = createTail(at(2));
    tail.extend(read(0, 3, ['c']));
    expect(['read', 'look', 'look']).toEqual(
      [at(1), at(4), at(2, 1)].map((reader) => inWords(tail.next(reader))),
    );
  });

  test('keeps a limited number of entries and bytes', () => {
    const tail = createTail(at(0), { entries: 3, bytes: 1_000 });
    tail.extend(read(0, 1, ['a', 'b', 'c', 'd']));
    expect([at(0), at(1)].map((reader) => inWords(tail.next(reader)))).toEqual([
      'read',
      'entry 2.0',
    ]);
    tail.extend(read(0, 5, ['x'.repeat(2_000)]));
    expect([at(3), at(4), at(5)].map((reader) => inWords(tail.next(reader)))).toEqual([
      'read',
      'read',
      'wait',
    ]);
  });

  test('tells only readers that hold replaced entries to forget them', () => {
    const tail = createTail(at(0));
    tail.extend(read(0, 1, ['a', 'b', 'c', 'd']));
    tail.extend(read(1, 3, ['C'], 2));
    expect([0, 1, 2, 3, 4].map((after) => inWords(tail.next(at(after))))).toEqual([
      'entry 1.0',
      'entry 2.0',
      'entry 3.1',
      'rewind 2.1',
      'rewind 2.1',
    ]);
    expect(inWords(tail.next(at(3, 1)))).toBe('wait');
  });

  test('tells a reader that missed several revisions to forget back to the lowest of them', () => {
    const tail = createTail(at(0));
    tail.extend(read(0, 1, ['a', 'b', 'c', 'd']));
    tail.extend(read(1, 2, ['B', 'C', 'D'], 1));
    tail.extend(read(2, 4, ['DD'], 3));
    expect(
      [at(4), at(4, 1), at(4, 2), at(3, 1)].map((reader) => inWords(tail.next(reader))),
    ).toEqual(['rewind 1.2', 'rewind 3.2', 'wait', 'entry 4.2']);
  });

  test('does not guess where a missed revision began', () => {
    const tail = createTail(at(3));
    // The log had five entries, of which the fourth was replaced before the tail had read them.
    tail.extend(read(1, 4, ['D']));
    expect([at(5), at(4), at(3)].map((reader) => inWords(tail.next(reader)))).toEqual([
      'read',
      'read',
      'entry 4.1',
    ]);
  });

  test('sends a reader of an earlier revision to the store, unless it is at the beginning of the log', () => {
    const tail = createTail(at(0, 5));
    tail.extend(read(5, 1, ['a']));
    expect([at(1, 4), at(0, 0), at(1, 5)].map((reader) => inWords(tail.next(reader)))).toEqual([
      'read',
      'entry 1.5',
      'wait',
    ]);
  });
});
