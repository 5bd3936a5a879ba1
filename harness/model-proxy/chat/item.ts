/** Messages of Chat Completions, as harnesses send them. */
import { fieldsOf, type Fields, isFields, listOf } from '../../../model/fields.ts';
import { type ProxyItem, printOf, textOf, type ToldCall } from '../item.ts';

export const itemsOf = (messages: unknown): ProxyItem[] => listOf(messages).map(itemOf);

const itemOf = (raw: Fields): ProxyItem => ({
  raw,
  print: printOf(essenceOf(raw)),
  by: BY[String(raw['role'])] ?? 'user',
  text: textOf(raw['content']),
});

const BY: Record<string, ProxyItem['by']> = {
  system: 'instructions',
  developer: 'instructions',
  user: 'user',
  assistant: 'model',
  tool: 'tool',
  function: 'tool',
};

/** The part of a message that stays the same when the harness clears an old output or sends a text as parts. */
function essenceOf({ role, content, tool_calls, tool_call_id }: Fields): unknown {
  if (tool_call_id !== undefined) return [role, tool_call_id];
  const calls = listOf(tool_calls);
  if (calls.length > 0) {
    return [
      role,
      calls.map(({ id, function: of }) => [id, fieldsOf(of).name, fieldsOf(of).arguments]),
    ];
  }
  return [role, textOf(content) || content];
}

/** Each call is a message of its own, because servers refuse a call that its output does not directly follow. */
export const callMessages = ({
  call_id: id,
  name,
  arguments: input,
  output,
}: ToldCall): Fields[] => [
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id, type: 'function', function: { name, arguments: input } }],
  },
  { role: 'tool', tool_call_id: id, content: output },
];

/**
 * A call stands after a user's message or after the outputs of other calls, which some servers require, and never between a call and
 * its output.
 */
export function spotFor(items: readonly ProxyItem[], after: number): number {
  const mayFollow = (at: number): boolean => {
    const item = items[at];
    switch (item?.by) {
      case 'user':
        return true;
      case 'tool':
        return items[at + 1]?.by !== 'tool';
      case 'instructions':
        return mayFollow(at - 1);
      case 'model':
      case undefined:
        return false;
    }
  };
  let from = after;
  while (items[from + 1]?.by === 'tool') from += 1;
  for (let at = from; at >= 0; at -= 1) if (mayFollow(at)) return at;
  const later = items.findIndex((_, at) => at > from && mayFollow(at));
  return later === -1 ? items.length - 1 : later;
}

/** Whether a field of a delta has content. */
export const isSaid = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== '' &&
  !(Array.isArray(value) && value.length === 0) &&
  !(isFields(value) && Object.keys(value).length === 0);
