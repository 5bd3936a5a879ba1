/** The chat on a terminal: finished messages scroll away above; the reply, the running calls and the line being typed stay at the bottom. */
import { Box, Static, useInput, usePaste, useWindowSize } from 'ink';
import {
  createElement as h,
  type ReactElement,
  useEffect,
  useReducer,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { CallState } from '../../client/index.ts';
import { act, type ChatContext } from './act.ts';
import type { Block } from './blocks.ts';
import { BlockLines } from './block-lines.ts';
import { readLine } from './commands.ts';
import { edit, EMPTY, type EditorLine } from './editor.ts';
import { type Key, readKeys } from './keys.ts';
import { LiveView } from './live-view.ts';
import { useReflow } from './reflow.ts';

export interface ScreenProps extends ChatContext {
  /** The agent of a new conversation. */
  agent: string;
  url: string;
}

export function Screen(props: ScreenProps): ReactElement {
  const { session, agent, url } = props;
  const view = useSyncExternalStore(session.subscribe, session.view);
  const { state, over } = view;
  const { columns, rows } = useWindowSize();
  const { line, press, paste } = useTyping(props);
  const approval = useShown(state.approvals[0]);
  const now = useClock(state.open.length > 0);
  useInput((input, key) => {
    for (const each of readKeys(input, key)) press(each, approval);
  });
  usePaste(paste);
  useEffect(() => {
    if (over) props.quit();
  }, [over]);

  const { id } = session;
  const live = h(LiveView, { view, line, approval, now, columns, rows, id, agent, url });
  useReflow(live, columns);
  return h(
    Box,
    { flexDirection: 'column' },
    h(Static<Block>, {
      items: view.blocks as Block[],
      children: (block, nth) => h(BlockLines, { key: nth, block }),
    }),
    live,
  );
}

/** The line being typed, which nothing but keys and pastes change. */
function useTyping(context: ScreenProps) {
  const { session, quit } = context;
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  // Several keys may arrive before the next drawing, so each reads the line from a ref, which is current at once.
  const line = useRef<EditorLine>(EMPTY);
  const typed = useRef<string[]>([]);
  const set = (next: EditorLine) => {
    line.current = next;
    redraw();
  };

  function history(): string[] {
    const said = session
      .view()
      .state.messages.flatMap((each) => (each.from === 'user' ? [each.text] : []));
    const own = new Set(typed.current);
    return [...said.filter((text) => !own.has(text)), ...typed.current];
  }

  function submit(): void {
    const { text } = line.current;
    set(EMPTY);
    if (text.trim() === '') return;
    typed.current = [...typed.current.filter((other) => other !== text), text];
    void act(readLine(text), context);
  }

  function press(key: Key, approval: Shown | undefined): void {
    switch (key.kind) {
      case 'submit':
        return submit();
      case 'interrupt':
        return interrupt(context);
      case 'leave':
        return line.current.text === '' ? quit() : key.clears ? set(EMPTY) : undefined;
      case 'approve':
      case 'deny':
        if (approval && performance.now() - approval.since >= LOOK_MS) {
          void act({ kind: key.kind, call: approval.call.id }, context);
        }
        return;
      case 'older':
      case 'newer':
        return set(edit(line.current, { kind: key.kind, history: history() }));
      case 'edit':
        return set(edit(line.current, key.edit));
      case 'none':
        return;
      default:
        key satisfies never;
    }
  }

  return {
    line: line.current,
    press,
    paste: (text: string) =>
      set(edit(line.current, { kind: 'insert', text: text.replaceAll(/\r\n?/g, '\n') })),
  };
}

function interrupt({ session }: ScreenProps): void {
  const { reply } = session.view().state;
  if (!reply)
    return session.show({ kind: 'notice', text: 'Nothing is being said. /stop stops calls too.' });
  session
    .conversation()
    .interrupt({ scope: 'reply' })
    .catch((error: Error) => session.show({ kind: 'problem', text: error.message }));
}

interface Shown {
  call: CallState;
  /** Milliseconds of `performance.now`. */
  since: number;
}

/** How long a card must have been visible before a key decides: a key pressed for an earlier card must not count. Milliseconds. */
const LOOK_MS = 500;

/** The call, and since when it has been on the screen. */
function useShown(call: CallState | undefined): Shown | undefined {
  const shown = useRef<{ id: string; since: number }>(undefined);
  if (call === undefined) return undefined;
  if (shown.current?.id !== call.id) shown.current = { id: call.id, since: performance.now() };
  return { call, since: shown.current.since };
}

/** The time in milliseconds since 1970, updated each second while `runs` is true. */
function useClock(runs: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!runs) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [runs]);
  return now;
}
