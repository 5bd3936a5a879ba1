import { Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import type { CallState } from '../../client/index.ts';
import { inFull } from './call-words.ts';
import { Card } from './card.ts';
import { clean } from './clean.ts';

export interface ApprovalProps {
  call: CallState;
  /** As `/calls` shows it. */
  number: number;
  /** How many wait. */
  of: number;
}

/** A call that a person has to decide about, with the input that will run. */
export function ApprovalCard({ call, number, of }: ApprovalProps): ReactElement {
  const lines = clean(inFull(call.input)).split('\n');
  const left = lines.length - MOST_LINES;
  const others = of > 1 ? `, and ${of - 1} more wait` : '';
  return h(
    Card,
    null,
    h(Text, { bold: true }, clean(call.why ?? 'May this call run?')),
    h(Text, null, `${call.tool} ${lines.slice(0, MOST_LINES).join('\n')}`),
    left > 0 && h(Text, { color: 'red' }, `${left} more lines: /calls ${number} shows all of it`),
    h(Text, { dimColor: true }, `Ctrl-Y approves, Ctrl-N denies (call ${number}${others})`),
  );
}

const MOST_LINES = 6;
