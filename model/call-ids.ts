/** Ids of calls as a provider accepts them. */
import { createHash } from 'node:crypto';
import type { ModelMessage } from './message.ts';

/**
 * Nine letters and digits, as Mistral demands, and always the same for the same id. In the texts a call keeps its own id, by
 * which events name it and `cancel_call` takes it.
 */
export function withShortIds(messages: ModelMessage[]): ModelMessage[] {
  return messages.map((message) => {
    if (message.role === 'tool') return { ...message, call_id: short(message.call_id) };
    if (message.role !== 'assistant') return message;
    const calls = message.calls.map((call) => ({ ...call, call_id: short(call.call_id) }));
    return { ...message, calls };
  });
}

/** 36⁹ of them: among 10,000 calls of a conversation two are alike once in two million conversations. */
function short(id: string): string {
  const number = BigInt(`0x${createHash('sha256').update(id).digest('hex')}`);
  return number.toString(36).slice(-9);
}
