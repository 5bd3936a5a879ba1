/** The chat for pipes and scripts: lines in, lines out. */
import type { ConversationState, StreamItem } from '../../client/index.ts';
import { act, type ChatContext } from './act.ts';
import type { Block } from './blocks.ts';
import { readLine } from './commands.ts';
import { isOver, isSettled } from './settled.ts';
import type { ChatSession, SessionView } from './session.ts';

export interface PlainOptions extends ChatContext {
  /** Each is a message or a command. */
  lines: AsyncIterable<string>;
  print(line: string): void;
  /** Prints a line that is not part of the conversation. */
  note(line: string): void;
  /** True if the caller prints the items of the stream, in place of text. */
  json: boolean;
  signal: AbortSignal;
}

/**
 * Sends each line after the one before it was answered. After the last line it waits until no call runs and the agent has reported all
 * news. It does not wait for calls that need approval, since no person is there to decide.
 * @throws Error if the conversation can no longer be followed
 */
export async function runPlain(options: PlainOptions): Promise<void> {
  const { session, lines, note, signal } = options;
  const stop = options.json ? () => {} : printBlocks(options);
  try {
    for await (const line of lines) {
      const command = readLine(line);
      await act(command, options);
      if (command.kind === 'quit') return;
      if (command.kind === 'say') await settle(options, isSettled);
      if (signal.aborted || session.view().over) break;
    }
    if (session.id === undefined) return;
    await settle(options, isOver);
    const { approvals, questions, calls } = session.view().state;
    for (const call of approvals) note(`Call ${calls.indexOf(call) + 1} waits for approval.`);
    for (const call of questions) note(`Call ${calls.indexOf(call) + 1} waits for an answer.`);
  } finally {
    stop();
  }
  const { over } = session.view();
  if (over?.error) throw over.error;
}

/** Waits until `holds` is true at the end of the log. Entries that were written together arrive one by one, so a state between them does not count. */
async function settle(
  { session, signal }: PlainOptions,
  holds: (state: ConversationState) => boolean,
): Promise<void> {
  const isIn = ({ caughtUp, unsent, state }: SessionView) =>
    caughtUp && unsent.length === 0 && holds(state);
  for (;;) {
    await waitUntil(session, () => isIn(session.view()), signal);
    if (signal.aborted || session.view().over) return;
    const { last_seq } = await session.conversation().head({ signal, maxRetries: Infinity });
    await waitUntil(session, () => session.view().state.seq >= last_seq, signal);
    if (isIn(session.view())) return;
  }
}

/** Prints all blocks, and further ones as they arrive. @returns a function that stops this */
function printBlocks({ session, print }: PlainOptions): () => void {
  let printed = 0;
  const look = () => {
    const { blocks } = session.view();
    for (const block of blocks.slice(printed)) print(inPlain(block));
    printed = blocks.length;
  };
  look();
  return session.subscribe(look);
}

const MARKS = { user: '> ', agent: '', call: '  ', notice: '  ', problem: '! ' } as const;

function inPlain({ kind, text, note }: Block): string {
  const whole = `${text}${note ? ` (${note})` : ''}`;
  return whole.replaceAll(/^/gm, MARKS[kind]);
}

export const itemAsLine = (item: StreamItem): string => JSON.stringify(item);

/** Also returns when the conversation is over, or `signal` aborts. */
function waitUntil(session: ChatSession, holds: () => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds() && !session.view().over && !signal.aborted) return;
      unsubscribe();
      signal.removeEventListener('abort', look);
      resolve();
    };
    const unsubscribe = session.subscribe(look);
    signal.addEventListener('abort', look);
    look();
  });
}
