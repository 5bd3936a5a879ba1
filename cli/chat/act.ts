/** Carries out what was typed. Answers are printed as blocks; a failure is printed and does not end the chat. */
import type { CallState, Turn } from '../../client/index.ts';
import { clean } from './clean.ts';
import { answerFrom } from './answer.ts';
import { detailsOf, nameOf, statusOf } from './call-words.ts';
import { type ChatCommand, findCall, HELP } from './commands.ts';
import { whyQuiet } from './quiet.ts';
import { reasonOf } from './reason.ts';
import type { ChatSession } from './session.ts';

export interface ChatContext {
  session: ChatSession;
  /** Name of the person who decides and answers. */
  author: string;
  /** A turn as text. */
  printTurn: (turn: Turn) => string;
  /** Where a person can look at the conversation, a line each. On a terminal it also opens the first in a browser. */
  open(id: string): Promise<string[]>;
  quit(): void;
}

export async function act(command: ChatCommand, context: ChatContext): Promise<void> {
  const { session } = context;
  try {
    await carryOut(command, context);
  } catch (error) {
    session.show({ kind: 'problem', text: reasonOf(error) });
  }
}

async function carryOut(command: ChatCommand, context: ChatContext): Promise<void> {
  const { session, author } = context;
  const say = (text: string) => session.show({ kind: 'notice', text });
  const { calls, open, approvals, questions } = session.view().state;
  switch (command.kind) {
    case 'nothing':
      return;
    case 'wrong':
      return session.show({ kind: 'problem', text: command.message });
    case 'say':
      return session.say(command.text, { queue: command.queue === true });
    case 'calls':
      return say(callsInWords(command.call, calls));
    case 'cancel':
      return onCall(command.call, open, context, async ({ id }) => {
        await session.conversation().cancel(id);
      });
    case 'approve':
      return onCall(command.call, approvals, context, async ({ id }) => {
        await session.conversation().approve(id, { author });
      });
    case 'deny':
      return onCall(command.call, approvals, context, async ({ id }) => {
        const { reason } = command;
        await session.conversation().deny(id, { author, ...(reason !== undefined && { reason }) });
      });
    case 'answer':
    case 'decline': {
      const found = answerFrom(command, questions, calls);
      if (typeof found === 'string') return session.show({ kind: 'problem', text: found });
      await session.conversation().answer(found.call.id, { ...found.params, author });
      return;
    }
    case 'stop':
      await session.conversation().interrupt();
      return;
    case 'why':
      return say(await why(context));
    case 'open':
      return say((await context.open(session.conversation().id)).join('\n'));
    case 'close':
      await session.conversation().close();
      return;
    case 'help':
      return say(HELP);
    case 'quit':
      return context.quit();
    default:
      command satisfies never;
  }
}

async function onCall(
  given: string | undefined,
  among: readonly CallState[],
  { session }: ChatContext,
  carry: (call: CallState) => Promise<void>,
): Promise<void> {
  const call = findCall(given, among, session.view().state.calls);
  if (typeof call === 'string') return session.show({ kind: 'problem', text: call });
  await carry(call);
}

function callsInWords(given: string | undefined, calls: readonly CallState[]): string {
  if (given !== undefined) {
    const call = findCall(given, calls, calls);
    return typeof call === 'string' ? call : detailsOf(call, calls.indexOf(call) + 1);
  }
  if (calls.length === 0) return 'There are no calls yet.';
  const rows = calls.map(
    (call, nth) => `${String(nth + 1).padStart(3)}  ${call.id}  ${nameOf(call)}: ${statusOf(call)}`,
  );
  return rows.slice(-MOST_ROWS).join('\n');
}

const MOST_ROWS = 30;

/** The last turn as the service explains it, and why it is quiet now. */
async function why({ session, printTurn }: ChatContext): Promise<string> {
  let last: Turn | undefined;
  for await (const turn of session.conversation().turns()) last = turn;
  const turn = last === undefined ? 'It has not spoken yet.' : clean(printTurn(last));
  return [turn, ...whyQuiet(session.view().state)].join('\n');
}
