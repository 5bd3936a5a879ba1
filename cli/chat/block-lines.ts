import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import type { Block } from './blocks.ts';

/** Draws a printed block. */
export function BlockLines({ block: { kind, text, note } }: { block: Block }): ReactElement {
  const aside = note && h(Text, { dimColor: true }, ` (${note})`);
  switch (kind) {
    case 'user':
      return h(Box, { marginTop: 1 }, h(Text, { bold: true }, `› ${text}`, aside));
    case 'agent':
      return h(Box, null, h(Text, null, text, aside));
    case 'call':
      return h(Box, { paddingLeft: 2 }, h(Text, { color: 'cyan' }, text));
    case 'notice':
      return h(Box, { paddingLeft: 2 }, h(Text, { color: 'yellow' }, text));
    case 'problem':
      return h(Box, { paddingLeft: 2 }, h(Text, { color: 'red' }, text));
  }
}
