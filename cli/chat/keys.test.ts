import { expect, test } from 'vitest';
import { readKeys } from './keys.ts';

const insert = (text: string) => ({ kind: 'edit', edit: { kind: 'insert', text } });

test.each([
  ['a letter', 'a', {}, [insert('a')]],
  ['Enter', '\r', { return: true }, [{ kind: 'submit' }]],
  ['Alt-Enter', '\r', { return: true, meta: true }, [insert('\n')]],
  ['Ctrl-J', '\n', {}, [insert('\n')]],
  ['Esc', '', { escape: true }, [{ kind: 'interrupt' }]],
  ['Ctrl-Y', 'y', { ctrl: true }, [{ kind: 'approve' }]],
  ['Ctrl-N', 'n', { ctrl: true }, [{ kind: 'deny' }]],
  ['y alone, which decides nothing', 'y', {}, [insert('y')]],
  ['Ctrl-C', 'c', { ctrl: true }, [{ kind: 'leave', clears: true }]],
  ['an unknown key with Ctrl', 'q', { ctrl: true }, [{ kind: 'none' }]],
  ['Tab', '\t', { tab: true }, [{ kind: 'none' }]],
  [
    'Alt-Left',
    '',
    { leftArrow: true, meta: true },
    [{ kind: 'edit', edit: { kind: 'word_left' } }],
  ],
  ['a key that is released', 'a', { eventType: 'release' as const }, [{ kind: 'none' }]],
])('%s', (_, input, key, keys) => {
  expect(readKeys(input, key)).toEqual(keys);
});

test.each([
  ['fast', 'hello\rbye\r'],
  ['before the terminal was in raw mode', 'hello\nbye\n'],
])('lines that were typed %s are sent one by one', (_, input) => {
  expect(readKeys(input, {})).toEqual([
    insert('hello'),
    { kind: 'submit' },
    insert('bye'),
    { kind: 'submit' },
    { kind: 'none' },
  ]);
});
