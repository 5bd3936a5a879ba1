import { useState } from 'preact/hooks';
import type { CallState } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { clearText, withoutHidden } from '../parts/clear-text.ts';
import { Cross } from '../parts/icons.tsx';
import { now } from '../parts/now.ts';
import { inputLine } from '../parts/summary.ts';
import { clock, percentOf } from '../parts/words.ts';
import { hashOf } from '../route.ts';
import { ChartFigure, latestChart } from './chart.tsx';

/** A call that runs or waits for its turn. */
export function Bar({ call, opened }: { call: CallState; opened: OpenedConversation }) {
  const { id, tool, status, percent, note, suspended, position, question } = call;
  const cancel = useCancel(opened, id);
  const name = withoutHidden(tool);
  const line = inputLine(call.input);
  const latest = latestChart(call);
  return (
    <li class={`bar ${status} ${question ? 'asks' : ''}`}>
      <div class="bar-head">
        <a
          href={hashOf({ view: 'talk', id: opened.id, entry: call.seq })}
          title="Where it was requested"
        >
          <b>{name}</b> {line !== '' && <span class="given">{line}</span>}
        </a>
        <button
          class="quiet icon-only"
          onClick={cancel.now}
          disabled={cancel.isSent}
          aria-label={`Cancel ${name} ${line}`}
          title="Cancel"
        >
          <Cross />
        </button>
      </div>
      {status === 'running' && (!question || percent !== undefined) && (
        <progress
          max={100}
          {...(percent !== undefined && { value: percent })}
          aria-label={`${name} ${line}`}
        />
      )}
      <div class="bar-foot">
        <span class="figure">
          {cancel.isSent
            ? 'cancelling'
            : status === 'queued'
              ? `${position ?? ''} in line`
              : status === 'requested'
                ? 'starting'
                : question
                  ? 'waits for you'
                  : percent === undefined
                    ? 'running'
                    : percentOf(percent)}
        </span>
        {note !== undefined && <span class="note">{clearText(note)}</span>}
        <Elapsed call={call} />
      </div>
      {latest && <ChartFigure call={call} chart={latest.chart} />}
      {suspended && (
        <p class="suspended">
          {suspended.of === undefined
            ? `${suspended.results} results; the agent goes on when it ends`
            : `${suspended.results} of ${suspended.of} results; the agent goes on when all are in`}
        </p>
      )}
      {cancel.failed && (
        <p class="wrong small" role="alert">
          {cancel.failed}
        </p>
      )}
    </li>
  );
}

const Elapsed = ({ call: { started_at, requested_at } }: { call: CallState }) => (
  <time class="elapsed" role="timer" aria-live="off">
    {clock(now.value - Date.parse(started_at ?? requested_at))}
  </time>
);

function useCancel({ conversation }: OpenedConversation, id: string) {
  const [isSent, setSent] = useState(false);
  const [failed, setFailed] = useState<string>();
  const now = () => {
    setSent(true);
    setFailed(undefined);
    conversation.cancel(id).catch((error: Error) => {
      setSent(false);
      setFailed(`It was not cancelled. ${error.message}`);
    });
  };
  return { now, isSent, failed };
}
