/** Shortens the ids of calls for providers that accept only short ones. */
import { createHash } from 'node:crypto';
import type { ModelMessage } from './message.ts';

/**
 * Replaces the ids of calls by nine letters and digits, as Mistral requires, always the same for the same id. In texts a call keeps its own
 * id, to which events refer and which `cancel_call` accepts.
 */
export function withShortIds(messages: ModelMessage[]): ModelMessage[] {
  return messages.map((message) => {
    if (message.role === 'tool') return { ...message, call_id: short(message.call_id) };
    if (message.role !== 'assistant') return message;
    const calls = message.calls.map((call) => ({ ...call, call_id: short(call.call_id) }));
    return { ...message, calls };
  });
}

/** 36⁹ ids: among 10,000 calls of a conversation, two collide once in two million conversations. */
function short(id: string): string {
  const number = BigInt(`0x${createHash('sha256').update(id).digest('hex')}`);
  return number.toString(36).slice(-9);
}
