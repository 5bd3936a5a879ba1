import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import type { CallState } from '../../client/index.ts';
import { ApprovalCard } from './approval-card.ts';
import { oneLine } from './clean.ts';
import type { EditorLine } from './editor.ts';
import { InputLine } from './input-line.ts';
import { barOf, lastLines } from './live.ts';
import { QuestionCard } from './question-card.ts';
import type { SessionView } from './session.ts';

export interface LiveViewProps {
  view: SessionView;
  line: EditorLine;
  /** The call that the keys approve or deny. */
  approval: { call: CallState } | undefined;
  /** Milliseconds since 1970. */
  now: number;
  columns: number;
  rows: number;
  /** Undefined until the conversation has begun. */
  id: string | undefined;
  /** Agent of a new conversation. */
  agent: string;
  url: string;
}

/** The bottom of the screen: the reply, the running calls, what needs the user, and the line being typed. It depends on its properties alone. */
export function LiveView(props: LiveViewProps): ReactElement {
  const { view, line, approval, now, columns, rows } = props;
  const { state, unsent } = view;
  const { calls, reply, questions } = state;
  const numberOf = (call: CallState) => calls.indexOf(call) + 1;
  const width = Math.max(20, columns - 1);
  const open = state.open.filter(({ status }) => status !== 'awaiting_approval');
  const room = Math.max(3, rows - Math.min(open.length, MOST_BARS) - RESERVED_ROWS);
  const said = reply && lastLines(reply.text || '…', width, room);
  const bar = (call: CallState) =>
    h(Text, { key: call.id, color: 'cyan', wrap: 'truncate' }, barOf(call, numberOf(call), now));
  return h(
    Box,
    { flexDirection: 'column' },
    said && h(Text, { color: reply.text === '' ? 'gray' : undefined }, said),
    ...open.slice(0, MOST_BARS).map(bar),
    open.length > MOST_BARS &&
      h(Text, { color: 'cyan' }, `and ${open.length - MOST_BARS} more: /calls`),
    approval &&
      h(ApprovalCard, {
        ...{ call: approval.call, number: numberOf(approval.call), of: state.approvals.length },
      }),
    ...questions.map((call) => h(QuestionCard, { key: call.id, call, number: numberOf(call) })),
    ...unsent
      .slice(0, MOST_BARS)
      .map(({ text }, nth) =>
        h(
          Text,
          { key: `unsent ${nth}`, dimColor: true, wrap: 'truncate' },
          `› ${oneLine(text, width)} (sending …)`,
        ),
      ),
    h(InputLine, { line, columns: width }),
    h(Text, { dimColor: true, wrap: 'truncate' }, statusLine(props)),
  );
}

const MOST_BARS = 6;
/** For the input, the status line, an approval and unsent messages. */
const RESERVED_ROWS = 14;

function statusLine({ view: { state, lost }, id, agent, url }: LiveViewProps): string {
  const what = lost === undefined ? state.status : 'offline, reconnecting …';
  return [what, id ?? `new conversation with ${agent}`, url, '/help'].join(' · ');
}
