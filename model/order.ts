/**
 * Puts messages into an order that a provider accepts. What is added depends only on the messages before it and the one after it.
 */
import type { ModelMessage } from './message.ts';
import type { Profile } from './profiles.ts';

/** Placed between a tool's answer and what came next if the model has said nothing in between. */
export const WAITING = '[waiting]';

/** Placed before a conversation that does not begin with the user. */
export const BEGAN_EARLIER = '[The conversation began earlier.]';

/** @param messages without the instructions */
export function orderMessages(messages: ModelMessage[], order: Profile['order']): ModelMessage[] {
  switch (order) {
    case 'free':
      return messages;
    case 'joined':
      return userFirst(joined(messages));
    case 'alternating':
      return userFirst(joined(messages).flatMap(afterTool));
    default:
      return order satisfies never;
  }
}

function joined(messages: ModelMessage[]): ModelMessage[] {
  const result: ModelMessage[] = [];
  for (const message of messages) {
    const last = result.at(-1);
    const both = last && join(last, message);
    if (both) result.pop();
    result.push(both ?? message);
  }
  return result;
}

function join(one: ModelMessage, next: ModelMessage): ModelMessage | undefined {
  const text = [one.text, next.text].filter((each) => each !== '').join('\n\n');
  if (one.role === 'user' && next.role === 'user') return { role: 'user', text };
  if (one.role !== 'assistant' || next.role !== 'assistant') return undefined;
  const attached = [...(one.attached ?? []), ...(next.attached ?? [])];
  const calls = [...one.calls, ...next.calls];
  return { role: 'assistant', text, calls, ...(attached.length > 0 && { attached }) };
}

function afterTool(message: ModelMessage, index: number, all: ModelMessage[]): ModelMessage[] {
  const isAnswered = message.role === 'user' && all[index - 1]?.role === 'tool';
  return isAnswered ? [{ role: 'assistant', text: WAITING, calls: [] }, message] : [message];
}

function userFirst(messages: ModelMessage[]): ModelMessage[] {
  if (messages.length === 0 || messages[0]!.role === 'user') return messages;
  return [{ role: 'user', text: BEGAN_EARLIER }, ...messages];
}
