import { memo } from 'preact/compat';
import type { OpenedConversation } from '../opened.ts';
import { CallLine, EndLine, ResultLine } from './call-lines.tsx';
import { MessageView } from './message.tsx';
import { NoticeLine } from './notice.tsx';
import type { Lane, Row } from './rows.ts';
import { toneOf } from './tone.ts';

interface Props {
  row: Row;
  opened: OpenedConversation;
  isSought: boolean;
}

export const RowView = memo(function RowView({ row, opened, isSought }: Props) {
  return (
    <div class={`row ${row.kind} ${isSought ? 'sought' : ''}`} data-seq={row.seq}>
      <span class="lanes" aria-hidden="true">
        {row.lanes.map((lane) => (
          <LaneLine key={lane.call.id} {...lane} />
        ))}
      </span>
      <div class="cell">{contentOf(row, opened)}</div>
    </div>
  );
}, isSame);

function contentOf(row: Row, opened: OpenedConversation) {
  switch (row.kind) {
    case 'message':
      return <MessageView message={row.message} opened={opened} />;
    case 'call':
      return <CallLine call={row.call} opened={opened} />;
    case 'result':
      return <ResultLine call={row.call} result={row.result} opened={opened} />;
    case 'end':
      return <EndLine call={row.call} opened={opened} />;
    case 'notice':
      return <NoticeLine entry={row.entry} />;
  }
}

const LaneLine = ({ lane, call, part }: Lane) => (
  <span class={`lane ${part} ${toneOf(call)}`} style={{ '--lane': lane }} />
);

/** Rows are new objects after every change, but mostly show the same objects as before. */
function isSame(before: Props, after: Props): boolean {
  return (
    before.isSought === after.isSought &&
    before.opened === after.opened &&
    contentIn(before.row) === contentIn(after.row) &&
    before.row.lanes.length === after.row.lanes.length &&
    before.row.lanes.every((lane, nth) => {
      const other = after.row.lanes[nth]!;
      return (
        lane.lane === other.lane &&
        lane.part === other.part &&
        lane.call.status === other.call.status
      );
    })
  );
}

function contentIn(row: Row): unknown {
  switch (row.kind) {
    case 'message':
      return row.message;
    case 'notice':
      return row.entry;
    default:
      return row.call;
  }
}
