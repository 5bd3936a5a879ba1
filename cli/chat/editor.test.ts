import { expect, test } from 'vitest';
import { edit, type Edit, EMPTY, type EditorLine } from './editor.ts';

/** The text with a bar where the cursor is. */
const shown = ({ text, at }: EditorLine) => `${text.slice(0, at)}|${text.slice(at)}`;

/** A line from such a text. */
const line = (text: string): EditorLine => ({ text: text.replace('|', ''), at: text.indexOf('|') });

test.each<
  [from: string, kind: Exclude<Edit['kind'], 'insert' | 'set' | 'older' | 'newer'>, to: string]
>([
  ['ab|c', 'left', 'a|bc'],
  ['|abc', 'left', '|abc'],
  ['ab|c', 'right', 'abc|'],
  ['abc|', 'right', 'abc|'],
  ['👩‍👩‍👧|x', 'left', '|👩‍👩‍👧x'],
  ['|👩‍👩‍👧x', 'right', '👩‍👩‍👧|x'],
  ['a👩‍👩‍👧|', 'backspace', 'a|'],
  ['|ab', 'backspace', '|ab'],
  ['|é́b', 'delete', '|b'],
  ['ab|', 'delete', 'ab|'],
  ['one two  |', 'word_left', 'one |two  '],
  ['one| two', 'word_right', 'one two|'],
  ['one two|', 'delete_word', 'one |'],
  ['one\ntw|o', 'home', 'one\n|two'],
  ['o|ne\ntwo', 'end', 'one|\ntwo'],
  ['one\ntw|o', 'delete_before', 'one\n|o'],
  ['o|ne\ntwo', 'delete_after', 'o|\ntwo'],
])('%s, %s: %s', (from, kind, to) => {
  expect(shown(edit(line(from), { kind }))).toBe(to);
});

test('text is inserted at the cursor', () => {
  expect(shown(edit(line('a|c'), { kind: 'insert', text: 'b' }))).toBe('ab|c');
});

test('the history comes back oldest last, and then what was being typed', () => {
  const history = ['first', 'second'];
  const press = (from: EditorLine, kind: 'older' | 'newer') => edit(from, { kind, history });
  const typed = edit(EMPTY, { kind: 'insert', text: 'mine' });
  const second = press(typed, 'older');
  const first = press(second, 'older');
  expect([second.text, first.text, press(first, 'older').text]).toEqual([
    'second',
    'first',
    'first',
  ]);
  const back = press(press(first, 'newer'), 'newer');
  expect(shown(back)).toBe('mine|');
  expect(press(back, 'newer').text).toBe('mine');
});

test('a recalled line that is changed is the user’s own from then on', () => {
  const history = ['first'];
  const changed = edit(edit(EMPTY, { kind: 'older', history }), { kind: 'insert', text: '!' });
  expect(edit(changed, { kind: 'newer', history }).text).toBe('first!');
});

test('up and down move within a text of several lines before they recall', () => {
  const history = ['old'];
  const press = (from: string, kind: 'older' | 'newer') =>
    shown(edit(line(from), { kind, history }));
  expect(press('one\ntwo|', 'older')).toBe('one|\ntwo');
  expect(press('on\ntwo|', 'older')).toBe('on|\ntwo');
  expect(press('one|\ntwo', 'older')).toBe('old|');
  expect(press('one|\nt', 'newer')).toBe('one\nt|');
});
