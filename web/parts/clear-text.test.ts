import { expect, test } from 'vitest';
import { clearText, withoutHidden } from './clear-text.ts';
import { inputLine } from './summary.ts';

test('characters that hide or turn text around are spelt out where a person decides by it', () => {
  expect(clearText('pay\u202Eenna\u202C')).toBe('pay⟨U+202E⟩enna⟨U+202C⟩');
  expect(clearText('a\u200Bb\u0000\u{E0041}')).toBe('a⟨U+200B⟩b⟨U+0000⟩⟨U+E0041⟩');
  expect(clearText('a\tb\nc é 漢字 🙂')).toBe('a\tb\nc é 漢字 🙂');
});

test('a line about a call has none of them, and no line break', () => {
  expect(withoutHidden('\u202Eabc')).toBe('abc');
  expect(inputLine({ to: 'ann\u202E\n x', amount: 20 })).toBe('to: ann x, amount: 20');
  expect(inputLine({ package: 'beta' })).toBe('beta');
  expect(inputLine({})).toBe('');
  expect(inputLine('x'.repeat(200))).toHaveLength(80);
});
