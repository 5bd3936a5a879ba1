/** The lines of the log in which a call begins, reports and ends. */
import type { CallState, PartialResult } from '../../client/index.ts';
import { toneOf } from './tone.ts';
import { ChartFigure, latestChart } from '../calls/chart.tsx';
import { Value } from '../calls/value.tsx';
import { ResultView } from '../calls/result.tsx';
import type { OpenedConversation } from '../opened.ts';
import { withoutHidden } from '../parts/clear-text.ts';
import { inputLine } from '../parts/summary.ts';
import { between, duration, percentOf } from '../parts/words.ts';
import { hashOf } from '../route.ts';

export function CallLine({ call, opened }: { call: CallState; opened: OpenedConversation }) {
  const line = inputLine(call.input);
  return (
    <details class="call-line">
      <summary>
        <b>{withoutHidden(call.tool)}</b>
        {line !== '' && <span class="given">{line}</span>}
        <span class={`now ${toneOf(call)}`}>{stateOf(call)}</span>
      </summary>
      <Value value={call.input} label="Input" />
      <p class="meta">
        <code>{call.id}</code> · entry {call.seq} ·{' '}
        <a href={hashOf({ view: 'why', id: opened.id, entry: call.seq })}>why</a>
      </p>
    </details>
  );
}

/** The state of an open call in a word or two. The end of a call has a line of its own. */
function stateOf({ status, percent, position, question }: CallState): string {
  if (question) return 'asks you';
  switch (status) {
    case 'awaiting_approval':
      return 'needs approval';
    case 'queued':
      return position === undefined ? 'queued' : `queued, ${position} in line`;
    case 'requested':
      return 'starting';
    case 'running':
      return percent === undefined ? 'running' : percentOf(percent);
    default:
      return '';
  }
}

export function ResultLine({
  call,
  result,
  opened,
}: {
  call: CallState;
  result: PartialResult;
  opened: OpenedConversation;
}) {
  return (
    <>
      <details class="call-line">
        <summary>
          <b>{withoutHidden(call.tool)}</b>
          <span class="how">result {result.n}</span>
          <span class="given">{inputLine(result.data)}</span>
          {call.suspended?.of !== undefined && <span class="now">of {call.suspended.of}</span>}
        </summary>
        <ResultView call={call} value={result.data} stored={result.stored} opened={opened} />
      </details>
      <LastChart call={call} n={result.n} />
    </>
  );
}

/** The last chart of a call that is over. While the call runs, the chart grows beside the talk (calls/bar.tsx). */
function LastChart({ call, n }: { call: CallState; n: number | 'end' }) {
  if (call.ended_seq === undefined) return null;
  const latest = latestChart(call);
  return latest?.n === n ? <ChartFigure call={call} chart={latest.chart} /> : null;
}

export function EndLine({ call, opened }: { call: CallState; opened: OpenedConversation }) {
  const { status, tool, result, stored, error, reason } = call;
  const [words, tone] = endOf(call);
  const given = inputLine(call.input);
  const hasMore = status === 'completed' ? result !== undefined || stored : (error ?? reason);
  const line = (
    <>
      <b>{withoutHidden(tool)}</b>
      {given !== '' && <span class="given">{given}</span>}
      <span class={`how ${tone}`}>{words}</span>
    </>
  );
  if (!hasMore) return <div class="call-line">{line}</div>;
  return (
    <>
      <details class="call-line">
        <summary>{line}</summary>
        {status === 'completed' ? (
          <ResultView call={call} value={result} stored={stored} opened={opened} />
        ) : (
          <p class="words small">{withoutHidden(error?.message ?? reason ?? '')}</p>
        )}
      </details>
      <LastChart call={call} n="end" />
    </>
  );
}

function endOf({ status, started_at, ended_at, reason, error }: CallState) {
  const took = started_at && ended_at ? ` after ${duration(between(started_at, ended_at))}` : '';
  switch (status) {
    case 'completed':
      return [`finished${took}`, 'good'];
    case 'failed':
      return [`failed${took}${error?.type ? `: ${withoutHidden(error.type)}` : ''}`, 'wrong'];
    case 'cancelled':
      return [`cancelled by ${reason === 'user' ? 'you' : (reason ?? 'the service')}${took}`, ''];
    case 'denied':
      return ['denied', ''];
    case 'dropped':
      return ['not run: a newer message came first', ''];
    default:
      return ['', ''];
  }
}
