/** Whatever profile a request is written in (model/profiles.ts), the demo's rules read it as one message for each thing. */
import { EVENT_TOOL } from '../contract/names.ts';
import type { ModelMessage, PastCall } from '../model/message.ts';
import { BEGAN_EARLIER, WAITING } from '../model/order.ts';

export function asBlocks(messages: readonly ModelMessage[]): ModelMessage[] {
  const events = new Set(
    callsOf(messages)
      .filter(({ tool }) => tool === EVENT_TOOL)
      .map(({ call_id }) => call_id),
  );
  const names = ownNames(messages);
  return messages.flatMap((message): ModelMessage[] => {
    switch (message.role) {
      case 'user':
        return separate(message.text).map((text) => ({ role: 'user', text }));
      case 'tool':
        if (!events.has(message.call_id)) {
          return [{ ...message, call_id: names.get(message.call_id) ?? message.call_id }];
        }
        return blockOf(message.text);
      case 'assistant':
        return spoken(message.text, ownCalls(message.calls, names));
      default:
        return [message];
    }
  });
}

const callsOf = (messages: readonly ModelMessage[]) =>
  messages.flatMap((message) => (message.role === 'assistant' ? message.calls : []));

/** By the id on the wire: what the call is named in the texts, where that is another. */
function ownNames(messages: readonly ModelMessage[]): Map<string, string> {
  return new Map(
    messages.flatMap((message) => {
      const own = message.role === 'tool' && /^\{"call_id":"([^"]+)"/.exec(message.text)?.[1];
      return own ? [[message.call_id, own] as const] : [];
    }),
  );
}

const ownCalls = (calls: PastCall[], names: Map<string, string>) =>
  calls
    .filter(({ tool }) => tool !== EVENT_TOOL)
    .map((call) => ({ ...call, call_id: names.get(call.call_id) ?? call.call_id }));

/** A user's words, and the blocks that were joined to them. */
function separate(text: string): string[] {
  if (text === BEGAN_EARLIER) return [];
  const parts = text.split(/(<(?:event|now)>[^<]*<\/(?:event|now)>)/);
  if (parts.length === 1) return parts;
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** `{"event": …}` or `{"now": …}`; a call of the model's own was answered with something else. */
function blockOf(text: string): ModelMessage[] {
  const [, name, facts] = /^\{"(event|now)":(.*)\}$/s.exec(text) ?? [];
  return name ? [{ role: 'user', text: `<${name}>${facts}</${name}>` }] : [];
}

function spoken(text: string, calls: PastCall[]): ModelMessage[] {
  if (text === WAITING || (text === '' && calls.length === 0)) return [];
  return [{ role: 'assistant', text, calls }];
}
