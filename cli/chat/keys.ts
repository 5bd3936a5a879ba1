/** Translates a key of the terminal into its meaning. Pure. */
import type { Key as TerminalKey } from 'ink';
import type { Edit } from './editor.ts';

export type Key =
  | { kind: 'edit'; edit: Exclude<Edit, { history: readonly string[] }> }
  | { kind: 'older' | 'newer' | 'submit' | 'interrupt' | 'approve' | 'deny' | 'none' }
  /** `clears`: if something was typed, it is removed instead. */
  | { kind: 'leave'; clears: boolean };

const CTRL: Record<string, Key> = {
  a: { kind: 'edit', edit: { kind: 'home' } },
  b: { kind: 'edit', edit: { kind: 'left' } },
  c: { kind: 'leave', clears: true },
  d: { kind: 'leave', clears: false },
  e: { kind: 'edit', edit: { kind: 'end' } },
  f: { kind: 'edit', edit: { kind: 'right' } },
  h: { kind: 'edit', edit: { kind: 'backspace' } },
  k: { kind: 'edit', edit: { kind: 'delete_after' } },
  n: { kind: 'deny' },
  u: { kind: 'edit', edit: { kind: 'delete_before' } },
  w: { kind: 'edit', edit: { kind: 'delete_word' } },
  y: { kind: 'approve' },
};

const META: Record<string, Key> = {
  b: { kind: 'edit', edit: { kind: 'word_left' } },
  f: { kind: 'edit', edit: { kind: 'word_right' } },
};

/**
 * Keys that were typed fast, or before the chat had started, arrive as one input. In the latter case the terminal was not in raw mode,
 * so its lines end with a line feed. A single line feed is Ctrl-J, which begins another line. Pasted text has an event of its own.
 */
export function readKeys(input: string, key: Partial<TerminalKey>): Key[] {
  const [first = '', ...lines] = input === '\n' ? [input] : input.split(/\r\n?|\n/);
  if (lines.length === 0 || key.return) return [readKey(input, key)];
  return [readKey(first, key), ...lines.flatMap((line) => [SUBMIT, readKey(line, key)])];
}

const SUBMIT: Key = { kind: 'submit' };

function readKey(input: string, key: Partial<TerminalKey>): Key {
  if (key.eventType === 'release') return { kind: 'none' };
  if (key.escape) return { kind: 'interrupt' };
  if (key.return) return key.meta || key.shift ? NEW_LINE : SUBMIT;
  if (key.upArrow) return { kind: 'older' };
  if (key.downArrow) return { kind: 'newer' };
  const byWord = key.meta || key.ctrl;
  if (key.leftArrow) return { kind: 'edit', edit: { kind: byWord ? 'word_left' : 'left' } };
  if (key.rightArrow) return { kind: 'edit', edit: { kind: byWord ? 'word_right' : 'right' } };
  if (key.home) return { kind: 'edit', edit: { kind: 'home' } };
  if (key.end) return { kind: 'edit', edit: { kind: 'end' } };
  if (key.backspace) return { kind: 'edit', edit: { kind: byWord ? 'delete_word' : 'backspace' } };
  if (key.delete) return { kind: 'edit', edit: { kind: 'delete' } };
  if (key.ctrl) return CTRL[input] ?? { kind: 'none' };
  if (key.meta) return META[input] ?? { kind: 'none' };
  if (key.tab || key.pageUp || key.pageDown || input === '') return { kind: 'none' };
  return { kind: 'edit', edit: { kind: 'insert', text: input } };
}

const NEW_LINE: Key = { kind: 'edit', edit: { kind: 'insert', text: '\n' } };
