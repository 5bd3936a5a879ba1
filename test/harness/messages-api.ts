/** A scripted Anthropic Messages API: see script.ts. */
import type { ServerResponse } from 'node:http';
import { moveFor, type ScriptedApi } from './script.ts';
import { eventStream, startScriptedApi } from './scripted-api.ts';

interface Part {
  type: string;
  text?: string;
  content?: unknown;
}

interface Asked {
  messages: { role: string; content: string | Part[] }[];
  tools?: { name: string }[];
  stream?: boolean;
  model: string;
}

export const startMessagesApi = (): Promise<ScriptedApi> =>
  startScriptedApi<Asked>({
    path: /^\/v1\/messages/,
    newsIn,
    toolsIn: ({ tools }) => tools?.map(({ name }) => name) ?? [],
    others: (url) => (url.includes('count_tokens') ? { input_tokens: 10 } : undefined),
    answer: ({ body, response, n }, news) => respond(response, body, blockFor(news, body, n), n),
  });

/** The user's words, results of tools, and the results in notifications, whichever role they have. */
function newsIn({ messages }: Asked): string {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages
    .slice(last + 1)
    .flatMap(({ role, content }) => {
      const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
      return parts.map((part: Part) => ({ role, text: part.text ?? textOf(part.content) }));
    })
    .flatMap(({ role, text }) => {
      const result = /<result>(.*)<\/result>/s.exec(text)?.[1];
      if (result !== undefined) return [result];
      return role === 'user' && !text.startsWith('<system-reminder>') ? [text] : [];
    })
    .join('\n');
}

const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map(({ text }: Part) => text ?? '').join('\n')
      : JSON.stringify(content);

function blockFor(news: string, { tools = [] }: Asked, n: number) {
  const move = moveFor(news);
  if ('text' in move) return { type: 'text', text: move.text };
  const name = tools.find((tool) => tool.name.endsWith(move.tool))?.name;
  if (name === undefined) return { type: 'text', text: `There is no tool ${move.tool}.` };
  return { type: 'tool_use', id: `toolu_${Date.now()}_${n}`, name, input: move.input };
}

function respond(
  response: ServerResponse,
  { stream, model }: Asked,
  block: ReturnType<typeof blockFor>,
  n: number,
): void {
  const stop = block.type === 'tool_use' ? 'tool_use' : 'end_turn';
  const usage = { input_tokens: 10, output_tokens: 1 };
  const message = {
    id: `msg_${n}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  if (!stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...message, content: [block], stop_reason: stop }));
    return;
  }
  const events = eventStream(response);
  const send = (type: string, fields: object) => events({ type, ...fields }, type);
  const isTool = 'input' in block;
  send('message_start', { message });
  send('content_block_start', {
    index: 0,
    content_block: isTool ? { ...block, input: {} } : { type: 'text', text: '' },
  });
  send('content_block_delta', {
    index: 0,
    delta: isTool
      ? { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
      : { type: 'text_delta', text: block.text },
  });
  send('content_block_stop', { index: 0 });
  send('message_delta', {
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: 5 },
  });
  send('message_stop', {});
  response.end();
}
