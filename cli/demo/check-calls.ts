import type { ModelMessage } from '../../model/message.ts';
import { badRequest } from './wire.ts';

/**
 * Checks what OpenAI checks and many compatible servers do not: each tool call has exactly one tool message, directly after the
 * assistant message that made it, and each tool message answers such a call. An asynchronous call may be answered later, once, or not
 * yet. So R13 is tested wherever the demo or the stub model is used.
 * @throws WireError 400
 */
export function checkCalls(messages: readonly ModelMessage[], param: string): void {
  const seen = new Set<string>();
  let open = new Set<string>();
  const later = new Set<string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      if (open.delete(message.call_id) || later.delete(message.call_id)) continue;
      throw badRequest(
        seen.has(message.call_id)
          ? `The tool call ${message.call_id} is answered twice, or not directly after the message that made it.`
          : `A message with role 'tool' must answer a preceding tool call; there is none with id ${message.call_id}.`,
        param,
      );
    }
    refuseUnanswered(open, param);
    open = new Set();
    for (const { call_id, async } of message.role === 'assistant' ? message.calls : []) {
      if (seen.has(call_id)) throw badRequest(`Duplicate tool call id ${call_id}.`, param);
      seen.add(call_id);
      (async ? later : open).add(call_id);
    }
  }
  refuseUnanswered(open, param);
}

function refuseUnanswered(open: Set<string>, param: string): void {
  if (open.size === 0) return;
  throw badRequest(
    `An assistant message with tool calls must be followed by tool messages answering each of them. Without an answer: ${[...open].join(', ')}.`,
    param,
  );
}
