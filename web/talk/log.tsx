import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import type { OpenedConversation } from '../opened.ts';
import type { Outgoing } from '../outbox.ts';
import { ArrowDown } from '../parts/icons.tsx';
import { Pending } from './pending.tsx';
import { RowView } from './row.tsx';
import { createRows, MOST_LANES, rowOf, type Row } from './rows.ts';

interface Props {
  opened: OpenedConversation;
  pending: readonly Outgoing[];
  /** The seq of an entry to show. */
  to: number | undefined;
}

type Shown = Row | Outgoing;

/** Only visible rows are in the document. The log follows its end while the reader is there, and never moves what is being read. */
export function Log({ opened, pending, to }: Props) {
  const state = opened.state.value;
  const [rowsNow] = useState(createRows);
  const rows = useMemo(() => rowsNow(state), [state]);
  const shown = useMemo((): Shown[] => [...rows, ...pending], [rows, pending]);
  const lanes = useMemo(
    () =>
      Math.min(MOST_LANES, Math.max(0, ...rows.map((row) => (row.lanes.at(-1)?.lane ?? -1) + 1))),
    [rows],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const atEnd = useRef(true);
  /** When the reader last moved the log. */
  const touched = useRef(-Infinity);

  const follow = () => {
    const { current } = scroller;
    if (atEnd.current && current) current.scrollTop = current.scrollHeight;
  };
  useLayoutEffect(follow);
  useEffect(() => {
    // Heights of rows are known a moment later, and the field below may grow.
    const observer = new ResizeObserver(follow);
    observer.observe(scroller.current!);
    observer.observe(scroller.current!.firstElementChild!);
    return () => observer.disconnect();
  }, []);
  const sought = to === undefined ? -1 : rowOf(rows, state.entries, to);
  useEffect(() => {
    if (to === undefined || rows.length === 0) return;
    atEnd.current = false;
    setAtEnd(false);
    list.current?.scrollToIndex(Math.max(0, sought), { align: 'center' });
  }, [to, rows.length === 0]);

  const onScroll = () => {
    const { current } = scroller;
    // One more scroll event may come after the log has left the page.
    if (!current) return;
    const { scrollTop, scrollHeight, clientHeight } = current;
    const near = scrollHeight - scrollTop - clientHeight < NEAR;
    // The list scrolls by itself too, as it learns how high its rows are.
    if (!near && performance.now() - touched.current > BY_HAND_MS) return follow();
    atEnd.current = near;
    if (near !== isAtEnd) setAtEnd(near);
  };
  const onTouch = () => void (touched.current = performance.now());
  const toEnd = () => {
    atEnd.current = true;
    setAtEnd(true);
    list.current?.scrollToIndex(shown.length - 1, { align: 'end' });
    follow();
  };
  return (
    <div class="log-frame">
      <div
        ref={scroller}
        class="log"
        role="log"
        aria-label="Conversation"
        // New messages are announced as a whole: parts/announce.tsx.
        aria-live="off"
        tabIndex={0}
        style={{ '--lanes': lanes }}
        onScroll={onScroll}
        onWheel={onTouch}
        onTouchMove={onTouch}
        onPointerDown={onTouch}
        onPointerMove={(event) => event.buttons > 0 && onTouch()}
        onKeyDown={onTouch}
      >
        <div class="log-inside">
          {shown.length === 0 && opened.connection.value === 'open' && (
            <p class="unsaid">
              <b>Nothing was said yet.</b> Your first message begins the talk.
            </p>
          )}
          <Virtualizer ref={list} scrollRef={scroller} itemSize={64} data={shown}>
            {(each: Shown, nth: number) =>
              'kind' in each ? (
                <RowView key={each.key} row={each} opened={opened} isSought={nth === sought} />
              ) : (
                <Pending key={each.key} outgoing={each} />
              )
            }
          </Virtualizer>
        </div>
      </div>
      {!isAtEnd && (
        <button class="to-end" onClick={toEnd}>
          <ArrowDown /> Newest
        </button>
      )}
    </div>
  );
}

/** Scrolling by hand goes on for a while after the last input, as after a swipe. */
const BY_HAND_MS = 1_000;

/** Pixels from the end that still count as the end. */
const NEAR = 60;
