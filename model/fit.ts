/**
 * The last resort for a request that is too long. Its longest texts are shortened, first those before the last message of the
 * user, then any; and if that is not enough, the oldest messages are removed.
 */
import { cut } from '../contract/stored.ts';
import { block } from './blocks.ts';
import type { ModelMessage, ModelRequest } from './message.ts';
import { countRequest } from './tokens.ts';

/**
 * Shortens a request to at most `most` tokens. The instructions and the last message of the user stay, even if the request remains
 * longer.
 */
export async function fitted<R extends Pick<ModelRequest, 'messages' | 'tools'>>(
  request: R,
  most: number,
): Promise<R> {
  const { messages } = request;
  const last = messages.findLastIndex(({ role, text }) => role === 'user' && !isNow(text));
  const fits = async (given: ModelMessage[]) =>
    (await countRequest({ ...request, messages: given })) <= most;

  let shorter = messages;
  for (const until of [last, messages.length]) {
    const before = shorter;
    for (let chars = longest(before.slice(1, until)); chars >= FEWEST_CHARS; chars *= STEP) {
      shorter = before.map((message, nth) =>
        nth > 0 && nth < until ? shortened(message, Math.floor(chars)) : message,
      );
      if (await fits(shorter)) return { ...request, messages: shorter };
    }
  }
  while (!(await fits(shorter))) {
    const fewer = withoutOldest(shorter);
    if (fewer.length === shorter.length) break;
    shorter = fewer;
  }
  return { ...request, messages: shorter };
}

const STEP = 0.7;
/** The shortest length of a text that still says something. */
const FEWEST_CHARS = 200;

const isNow = (text: string) => text.startsWith('<now>');

const longest = (messages: ModelMessage[]) =>
  Math.max(0, ...messages.map(({ text }) => text.length), ...messages.flatMap(argumentsOf));

const argumentsOf = (message: ModelMessage) =>
  message.role === 'assistant' ? message.calls.map((call) => call.arguments.length) : [];

function shortened(message: ModelMessage, chars: number): ModelMessage {
  const text = shorten(message.text, chars);
  if (message.role !== 'assistant') return { ...message, text };
  const calls = message.calls.map((call) =>
    call.arguments.length > chars
      ? { ...call, arguments: JSON.stringify({ left_out: `${call.arguments.length} characters` }) }
      : call,
  );
  return { ...message, text, calls };
}

/** Keeps the beginning and the end of a text, and says how much is missing in between. */
export function shorten(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const tail = Math.floor(chars / 4);
  const head = chars - tail;
  const missing = text.length - head - tail;
  return `${cut(text, 0, head)} [… ${missing} characters left out …] ${cut(text, text.length - tail, text.length)}`;
}

/** What remains begins with a user message, so that every call keeps its answer. */
function withoutOldest([instructions, ...messages]: ModelMessage[]): ModelMessage[] {
  const next = messages.findIndex(({ role }, nth) => nth > 0 && role === 'user');
  const kept = next > 0 ? withoutStrays(messages.slice(next)) : messages;
  return [...(instructions ? [instructions] : []), ...kept];
}

/** The late answer of an asynchronous call whose request is gone becomes an event, since it no longer answers anything. */
function withoutStrays(messages: ModelMessage[]): ModelMessage[] {
  const asked = new Set(
    messages.flatMap((message) =>
      message.role === 'assistant' ? message.calls.map(({ call_id }) => call_id) : [],
    ),
  );
  return messages.map((message) => {
    if (message.role !== 'tool' || asked.has(message.call_id)) return message;
    const { call_id, text: answer } = message;
    return { role: 'user', text: block('event', { call_id, answer }) };
  });
}
