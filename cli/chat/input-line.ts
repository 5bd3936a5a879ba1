import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import { nextIndex, type EditorLine } from './editor.ts';

/** The line being typed with its cursor. A long text is shown only around the cursor. */
export function InputLine({ line, columns }: { line: EditorLine; columns: number }): ReactElement {
  const { before, under, after } = shownOf(line, MOST_LINES * columns);
  return h(
    Box,
    { marginTop: 1 },
    h(Box, { flexShrink: 0 }, h(Text, { color: 'green' }, '› ')),
    h(Text, { wrap: 'hard' }, before, h(Text, { inverse: true }, under), after),
  );
}

const MOST_LINES = 5;

export function shownOf({ text, at }: EditorLine, most: number) {
  const end = nextIndex(text, at);
  // A cursor at the end of a line is drawn on a blank after it.
  const onBlank = end === at || text[at] === '\n';
  const lines = text.slice(0, at).split('\n');
  const near = lines.slice(-MOST_LINES).join('\n').slice(-most);
  const rest = text
    .slice(onBlank ? at : end)
    .split('\n')
    .slice(0, 2)
    .join('\n')
    .slice(0, most);
  return {
    before: near.length < at ? `…${near}` : near,
    under: onBlank ? ' ' : text.slice(at, end),
    after: rest.length < text.length - (onBlank ? at : end) ? `${rest}…` : rest,
  };
}
