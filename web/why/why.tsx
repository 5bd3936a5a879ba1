/** The timeline: why the agent said what it said, and why it is quiet. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import type { Turn } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { route } from '../route.ts';
import { service } from '../service.ts';
import { ChartView } from './chart.tsx';
import { quietWords } from './quiet.ts';
import { TurnView } from './turn.tsx';
import { followTurns } from './turns.ts';

export function Why({ opened }: { opened: OpenedConversation }) {
  const source = useMemo(() => followTurns(opened), [opened]);
  useEffect(() => () => source.stop(), [source]);
  const turns = source.all.value;
  const entry = route.value.view === 'why' ? route.value.entry : undefined;
  const selected = entry === undefined ? undefined : turnAt(turns ?? [], entry);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const isThere = turns !== undefined && turns.length > 0;
  useEffect(() => {
    if (!isThere) return;
    const nth = (selected?.turn ?? turns.length) - 1;
    list.current?.scrollToIndex(nth, { align: selected ? 'start' : 'end' });
  }, [isThere, selected?.turn]);
  const ui = service.value?.temporal_ui;
  return (
    <div class="why">
      <div class="why-head">
        <p>
          <b>Now:</b> {quietWords(opened.state.value)}
        </p>
        {ui && (
          <a href={ui.conversation + opened.id} target="_blank" rel="noopener noreferrer">
            Temporal UI
          </a>
        )}
      </div>
      {source.failed.value && (
        <p class="offline wrong" role="alert">
          The turns cannot be read. {source.failed.value}
        </p>
      )}
      {isThere && <ChartView opened={opened} turns={turns} selected={selected} />}
      {turns?.length === 0 && <p class="empty small">The agent has not spoken yet.</p>}
      {turns === undefined && !source.failed.value && <p class="empty small">Loading …</p>}
      {isThere && (
        <div class="turns" ref={scroller} role="list" aria-label="Turns" tabIndex={0}>
          <Virtualizer ref={list} scrollRef={scroller} itemSize={64}>
            {turns.map((turn) => (
              <TurnView
                key={turn.turn}
                turn={turn}
                opened={opened}
                isOpen={turn === selected}
                entry={entry}
              />
            ))}
          </Virtualizer>
        </div>
      )}
    </div>
  );
}

/** The turn that an entry belongs to, or led to; else the one that was last before it. */
export function turnAt(turns: readonly Turn[], seq: number): Turn | undefined {
  const own = turns.find(({ replies, triggered_by, calls, limits }) =>
    [...replies, ...triggered_by, ...calls, ...limits].some((each) => each.seq === seq),
  );
  return own ?? turns.findLast(({ replies }) => (replies[0]?.seq ?? Infinity) <= seq) ?? turns[0];
}
