/** The timeline as a picture: what was said and what ran, one line above the other. The list of turns below says the same in words. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Turn } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { withoutHidden } from '../parts/clear-text.ts';
import { now } from '../parts/now.ts';
import { inputLine } from '../parts/summary.ts';
import { duration, timeWithSeconds } from '../parts/words.ts';
import { go } from '../route.ts';
import { toneOf } from '../talk/tone.ts';
import { type CallSpan, type Chart, chartOf, type ReplySpan } from './chart-data.ts';

const ROW = 30;
const TOP = 22;
const PAD = 18;
/** Room for the name of the last call. */
const AFTER = 130;
const YOU = TOP + ROW / 2;
const AGENT = TOP + ROW * 1.5;
const laneY = (lane: number) => TOP + ROW * (2.5 + lane);

interface Props {
  opened: OpenedConversation;
  turns: readonly Turn[];
  selected: Turn | undefined;
}

export function ChartView({ opened, turns, selected }: Props) {
  const state = opened.state.value;
  const isOver = state.open.length === 0 && !state.reply;
  // The clock of the service may be ahead of this one.
  const latest = Date.parse(state.entries.at(-1)?.at ?? '');
  const end = isOver ? latest : Math.max(latest, now.value);
  const scroller = useRef<HTMLDivElement>(null);
  const view = useView(scroller);
  const room = view.width - 2 * PAD - AFTER;
  const chart = useMemo(() => chartOf(state, turns, end, room), [state, turns, end, room]);
  const { scale } = chart;
  useFollow(scroller, scale.width, selected && scale.x(Date.parse(selected.started_at)));
  const isSeen = (from: number, to: number) =>
    scale.x(to) >= view.left - 300 && scale.x(from) <= view.left + view.width + 300;
  const height = laneY(chart.lanes) - ROW / 2 + 4;
  const open = (seq: number) => go({ view: 'why', id: opened.id, entry: seq });
  return (
    <div class="chart">
      <div class="chart-names" aria-hidden="true" style={{ height: `${height}px` }}>
        <span style={{ top: `${YOU}px` }}>You</span>
        <span style={{ top: `${AGENT}px` }}>Agent</span>
        {chart.lanes > 0 && <span style={{ top: `${laneY(0)}px` }}>Calls</span>}
      </div>
      <div class="chart-scroll" ref={scroller} tabIndex={0} role="group" aria-label="Timeline">
        <svg
          width={scale.width + 2 * PAD + AFTER}
          height={height}
          role="img"
          aria-label="Messages, replies and calls over time. The list of turns says the same in words."
        >
          <g transform={`translate(${PAD} 0)`}>
            <Axis chart={chart} height={height} left={view.left} width={view.width} />
            {selected && <Causes chart={chart} turn={selected} />}
            {chart.messages
              .filter(({ at }) => isSeen(at, at))
              .map(({ seq, at }) => (
                <circle
                  key={seq}
                  class="you"
                  cx={scale.x(at)}
                  cy={YOU}
                  r={5}
                  onClick={() => open(seq)}
                >
                  <title>{wordsAt(opened, seq)}</title>
                </circle>
              ))}
            {chart.replies
              .filter(({ from, to }) => isSeen(from, to ?? end))
              .map((reply) => (
                <Reply
                  key={reply.seq}
                  reply={reply}
                  chart={chart}
                  end={end}
                  isSelected={reply.turn === selected?.turn}
                  onOpen={() => open(reply.seq)}
                />
              ))}
            {chart.calls
              .filter(({ from, to }) => isSeen(from, to ?? end))
              .map((span) => (
                <Call key={span.call.id} span={span} chart={chart} end={end} onOpen={open} />
              ))}
          </g>
        </svg>
      </div>
    </div>
  );
}

function Reply({
  reply: { from, to, look, isCut },
  chart: { scale },
  end,
  isSelected,
  onOpen,
}: {
  reply: ReplySpan;
  chart: Chart;
  end: number;
  isSelected: boolean;
  onOpen: () => void;
}) {
  const x = scale.x(from);
  const width = Math.max(5, scale.x(to ?? end) - x);
  return (
    <g class={`reply ${look} ${isSelected ? 'selected' : ''}`} onClick={onOpen}>
      <rect x={x} y={AGENT - 7} width={width} height={14} rx={3} />
      {isCut && <path d={`M${x + width} ${AGENT - 10}v20`} class="cut" />}
      <title>
        {look === 'unprompted' ? 'Unprompted' : look === 'failed' ? 'Failed' : 'Asked'},{' '}
        {duration((to ?? end) - from)}
        {isCut ? ', cut off' : ''}
      </title>
    </g>
  );
}

function Call({
  span: { call, lane, from, started, to, events },
  chart: { scale },
  end,
  onOpen,
}: {
  span: CallSpan;
  chart: Chart;
  end: number;
  onOpen: (seq: number) => void;
}) {
  const [x, y] = [scale.x(from), laneY(lane)];
  const right = Math.max(x + 6, scale.x(to ?? end));
  const begun = started === undefined ? right : Math.min(right, scale.x(started));
  const name = `${withoutHidden(call.tool)} ${inputLine(call.input)}`;
  return (
    <g class={`call ${toneOf(call)}`} onClick={() => onOpen(call.seq)}>
      <rect class="hit" x={x} y={y - 13} width={Math.max(right - x, 90)} height={26} />
      <path class="waiting" d={`M${x} ${y}H${begun}`} />
      <path class="ran" d={`M${begun} ${y}H${right}`} />
      {events.map(({ seq, at, isResult }) => (
        <circle key={seq} class="event" cx={scale.x(at)} cy={y} r={isResult ? 4.5 : 3} />
      ))}
      {to !== undefined && <circle class="end" cx={right} cy={y} r={4} />}
      <text x={x} y={y - 6}>
        {name.length > 28 ? `${name.slice(0, 27)}…` : name}
      </text>
      <title>
        {name}: {call.status}
      </title>
    </g>
  );
}

/** Lines from the triggers of a turn to its first reply. */
function Causes({ chart, turn }: { chart: Chart; turn: Turn }) {
  const to = chart.scale.x(Date.parse(turn.started_at));
  return (
    <>
      {turn.triggered_by.map(({ seq }) => {
        const place = chart.placeOf(seq);
        if (!place) return null;
        const x = chart.scale.x(place.at);
        const [y, target] = place.row === 'you' ? [YOU, AGENT - 7] : [laneY(place.row), AGENT + 7];
        return (
          <path
            key={seq}
            class="cause"
            d={`M${x} ${y}C${x} ${(y + target) / 2} ${to} ${(y + target) / 2} ${to} ${target}`}
          />
        );
      })}
    </>
  );
}

function Axis({
  chart: { scale },
  height,
  left,
  width,
}: {
  chart: Chart;
  height: number;
  left: number;
  width: number;
}) {
  const marks: { x: number; label: string }[] = [];
  let last = -Infinity;
  for (let nth = scale.firstFrom(left - 300); nth < scale.times.length; nth++) {
    const at = scale.times[nth]!;
    const x = scale.x(at);
    if (x > left + width + 300) break;
    if (x - last < 90) continue;
    marks.push({ x, label: timeWithSeconds(new Date(at).toISOString()) });
    last = x;
  }
  return (
    <g class="axis">
      {scale.pauses
        .filter(({ x }) => x > left - 300 && x < left + width + 300)
        .map(({ from, to, x, width: wide }) => (
          <g key={from}>
            <rect
              class="pause"
              x={x + 3}
              y={TOP - 4}
              width={Math.max(0, wide - 6)}
              height={height}
            />
            <text class="pause-words" x={x + wide / 2} y={height - 6} text-anchor="middle">
              {duration(to - from)}
            </text>
          </g>
        ))}
      {marks.map(({ x, label }) => (
        <g key={x}>
          <path d={`M${x} ${TOP - 6}V${height}`} />
          <text x={x + 3} y={12}>
            {label}
          </text>
        </g>
      ))}
    </g>
  );
}

/** The visible part of the chart, in pixels. */
function useView(scroller: { current: HTMLDivElement | null }) {
  const [view, setView] = useState({ left: 0, width: 1_200 });
  useLayoutEffect(() => {
    const element = scroller.current!;
    const look = () => setView({ left: element.scrollLeft, width: element.clientWidth });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  return view;
}

/** Shows the turn that was chosen; without one, the newest. */
function useFollow(
  scroller: { current: HTMLDivElement | null },
  width: number,
  chosen: number | undefined,
): void {
  useEffect(() => {
    const element = scroller.current!;
    if (chosen === undefined) element.scrollLeft = element.scrollWidth;
    else if (
      chosen < element.scrollLeft + 60 ||
      chosen > element.scrollLeft + element.clientWidth - 120
    )
      element.scrollLeft = chosen - element.clientWidth / 3;
  }, [chosen, chosen === undefined && width]);
}

function wordsAt({ state }: OpenedConversation, seq: number): string {
  const message = state.peek().messages.find((each) => each.seq === seq);
  return withoutHidden(message?.text.slice(0, 200) ?? '');
}
