/** Converts a request of any profile (model/profiles.ts) into one message for each fact, which is what the demo's rules read. */
import { EVENT_TOOL } from '../../contract/names.ts';
import type { ModelMessage, PastCall } from '../../model/message.ts';
import { BEGAN_EARLIER, WAITING } from '../../model/order.ts';

export function asBlocks(messages: readonly ModelMessage[]): ModelMessage[] {
  const events = new Set(
    callsOf(messages)
      .filter(({ tool }) => tool === EVENT_TOOL)
      .map(({ call_id }) => call_id),
  );
  const names = ownNames(messages);
  const early = earlyAnswers(messages);
  const asked = new Map(callsOf(messages).map((call) => [call.call_id, call] as const));
  return messages.flatMap((message): ModelMessage[] => {
    switch (message.role) {
      case 'user':
        return separate(message.text).map((text) => ({ role: 'user', text }));
      case 'tool':
        if (asked.get(message.call_id)?.async && !early.has(message)) {
          return [lateEvent(asked.get(message.call_id)!, message.text)];
        }
        if (!events.has(message.call_id)) {
          return [{ ...message, call_id: names.get(message.call_id) ?? message.call_id }];
        }
        return blockOf(message.text);
      case 'assistant':
        return [
          ...spoken(message.text, ownCalls(message.calls, names)),
          ...message.calls
            .filter(({ call_id, async }) => async && !answered(early, call_id))
            .map(({ call_id }): ModelMessage => ({ role: 'tool', call_id, text: NOT_OVER })),
        ];
      default:
        return [message];
    }
  });
}

/** Tool messages directly behind the assistant's, as opposed to those of asynchronous calls that ended later. */
function earlyAnswers(messages: readonly ModelMessage[]): Set<ModelMessage> {
  const early = new Set<ModelMessage>();
  let open = new Set<string>();
  for (const message of messages) {
    if (message.role !== 'tool') {
      open = new Set(
        message.role === 'assistant' ? message.calls.map(({ call_id }) => call_id) : [],
      );
    } else if (open.delete(message.call_id)) early.add(message);
  }
  return early;
}

const answered = (early: Set<ModelMessage>, id: string) =>
  [...early].some((message) => message.role === 'tool' && message.call_id === id);

/** The tool message by which other profiles answer a call that is not over. */
const NOT_OVER = '{"status":"running","note":"Its results will follow as events."}';

/** The end of an asynchronous call, as other profiles write it. */
const lateEvent = ({ call_id, tool }: PastCall, text: string): ModelMessage => ({
  role: 'user',
  text: `<event>${JSON.stringify({ call_id, tool }).slice(0, -1)},${text.slice(1)}</event>`,
});

const callsOf = (messages: readonly ModelMessage[]) =>
  messages.flatMap((message) => (message.role === 'assistant' ? message.calls : []));

/** The ids that texts use, by the id on the wire, for calls where the two differ. */
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
    .map(({ async: _, ...call }) => ({
      ...call,
      call_id: names.get(call.call_id) ?? call.call_id,
    }));

/** Splits a user message into the user's words and the blocks that were joined to them. */
function separate(text: string): string[] {
  if (text === BEGAN_EARLIER) return [];
  const parts = text.split(/(<(?:event|now)>[^<]*<\/(?:event|now)>)/);
  if (parts.length === 1) return parts;
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** The block in `{"event": …}` or `{"now": …}`; none for any other text, which answers a call that the model made itself. */
function blockOf(text: string): ModelMessage[] {
  const [, name, facts] = /^\{"(event|now)":(.*)\}$/s.exec(text) ?? [];
  return name ? [{ role: 'user', text: `<${name}>${facts}</${name}>` }] : [];
}

function spoken(text: string, calls: PastCall[]): ModelMessage[] {
  if (text === WAITING || (text === '' && calls.length === 0)) return [];
  return [{ role: 'assistant', text, calls }];
}
