/** The line being typed. Pure functions, so only the user's keys can change it. */

export interface EditorLine {
  text: string;
  /** Where the cursor is: an index into `text`, never inside a character. */
  at: number;
  /** Which line of the history is shown, 0 is the oldest. Undefined: the user's own. */
  recalled?: number;
  /** The user's own line while one of the history is shown. */
  own?: string;
}

export type Edit =
  | { kind: 'insert'; text: string }
  | { kind: 'set'; text: string }
  | { kind: 'older' | 'newer'; history: readonly string[] }
  | { kind: 'left' | 'right' | 'word_left' | 'word_right' | 'home' | 'end' }
  | { kind: 'backspace' | 'delete' | 'delete_word' | 'delete_before' | 'delete_after' };

export const EMPTY: EditorLine = { text: '', at: 0 };

export function edit(line: EditorLine, change: Edit): EditorLine {
  const { text, at } = line;
  const cut = (from: number, to: number): EditorLine => ({
    text: text.slice(0, from) + text.slice(to),
    at: from,
  });
  switch (change.kind) {
    case 'insert':
      return {
        text: text.slice(0, at) + change.text + text.slice(at),
        at: at + change.text.length,
      };
    case 'set':
      return { text: change.text, at: change.text.length };
    case 'older':
      return up(line) ?? recall(line, (line.recalled ?? change.history.length) - 1, change.history);
    case 'newer':
      return (
        down(line) ?? recall(line, (line.recalled ?? change.history.length) + 1, change.history)
      );
    case 'left':
      return { ...line, at: previousIndex(text, at) };
    case 'right':
      return { ...line, at: nextIndex(text, at) };
    case 'word_left':
      return { ...line, at: wordBefore(text, at) };
    case 'word_right':
      return { ...line, at: at + /^\s*\S*/.exec(text.slice(at))![0].length };
    case 'home':
      return { ...line, at: lineStart(text, at) };
    case 'end':
      return { ...line, at: lineEnd(text, at) };
    case 'backspace':
      return cut(previousIndex(text, at), at);
    case 'delete':
      return cut(at, nextIndex(text, at));
    case 'delete_word':
      return cut(wordBefore(text, at), at);
    case 'delete_before':
      return cut(lineStart(text, at), at);
    case 'delete_after':
      return cut(at, lineEnd(text, at));
  }
}

/** Undefined on the first line of the text: the history comes next. */
function up({ text, at }: EditorLine): EditorLine | undefined {
  const start = lineStart(text, at);
  if (start === 0) return undefined;
  const above = lineStart(text, start - 1);
  return { text, at: Math.min(above + (at - start), start - 1) };
}

/** Undefined on the last line of the text. */
function down({ text, at }: EditorLine): EditorLine | undefined {
  const end = lineEnd(text, at);
  if (end === text.length) return undefined;
  const column = at - lineStart(text, at);
  return { text, at: Math.min(end + 1 + column, lineEnd(text, end + 1)) };
}

function recall(line: EditorLine, place: number, history: readonly string[]): EditorLine {
  if (place < 0 || place > history.length) return line;
  const own = line.recalled === undefined ? line.text : (line.own ?? '');
  if (place === history.length) return { text: own, at: own.length };
  const text = history[place]!;
  return { text, at: text.length, recalled: place, own };
}

const lineStart = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1;

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

const wordBefore = (text: string, at: number) => at - /\S*\s*$/.exec(text.slice(0, at))![0].length;

/** Splits text into characters as people count them, which may be several code points. */
const characters = new Intl.Segmenter();

function previousIndex(text: string, at: number): number {
  return Math.max(0, characters.segment(text).containing(at - 1)?.index ?? 0);
}

export function nextIndex(text: string, at: number): number {
  const next = characters.segment(text).containing(at);
  return next ? next.index + next.segment.length : text.length;
}
