/** The two APIs that a harness may speak with its model, for tests of what is the same in both. */
import { createParser } from 'eventsource-parser';
import type { ThreadItem } from '../../harness/model-proxy/responses/item.ts';
import type { AskedApi, PlayedApi } from './played-api.ts';
import { type ChatBody, type PlayedMessage, startPlayedChat } from './played-chat.ts';
import { type ResponsesBody, startPlayedResponses } from './played-responses.ts';

/** What is in a thread, in order: `user …`, `model …`, `call NAME ID INPUT`, `output ID …`. */
export type RawLine = string;

export interface DialectAnswer {
  /** What the harness adds to its thread. */
  items: object[];
  lines: RawLine[];
  /** Data of each event. */
  events: any[];
}

export interface Dialect {
  name: string;
  path: string;
  start(): Promise<PlayedApi<any>>;
  /** The field that has the thread. */
  field: 'input' | 'messages';
  user(text: string): object;
  tool(name: string): object;
  output(call_id: string, text: string): object;
  /** @param stream all that came */
  read(stream: string): DialectAnswer;
  lines(items: unknown): RawLine[];
}

/** What the model server is given. */
export const given = ({ path }: Dialect, { body }: AskedApi<ResponsesBody & ChatBody>): RawLine[] =>
  path === '/responses' ? responsesLines(body.input) : chatLines(body.messages);

export const toolsOf = ({ body }: AskedApi<any>): string[] =>
  (body.tools ?? []).map((tool: any) => tool.name ?? tool.function.name);

function eventsIn(stream: string): any[] {
  const events: unknown[] = [];
  const parser = createParser({
    onEvent({ data }) {
      if (data !== '[DONE]') events.push(JSON.parse(data));
    },
  });
  parser.feed(stream);
  return events;
}

const responsesDialect: Dialect = {
  name: 'Responses',
  path: '/responses',
  start: startPlayedResponses,
  field: 'input',
  user: (content) => ({ type: 'message', role: 'user', content }),
  tool: (name) => ({ type: 'function', name }),
  output: (call_id, output) => ({ type: 'function_call_output', call_id, output }),
  read(stream) {
    const events = eventsIn(stream);
    const done = events.filter(({ type }) => type === 'response.output_item.done');
    const items = done.map(({ item }) => item as ThreadItem);
    return { items, lines: responsesLines(items), events };
  },
  lines: (items) => responsesLines(items as ThreadItem[]),
};

const responsesLines = (items: ThreadItem[]): RawLine[] =>
  items.map(({ type = 'message', role, content, call_id, name, arguments: input, output }) => {
    if (type === 'function_call') return `call ${name} ${call_id} ${input}`;
    if (type === 'function_call_output') return `output ${call_id} ${String(output)}`;
    return line(role!, content);
  });

const chatDialect: Dialect = {
  name: 'Chat Completions',
  path: '/chat/completions',
  start: startPlayedChat,
  field: 'messages',
  user: (content) => ({ role: 'user', content }),
  tool: (name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }),
  output: (tool_call_id, content) => ({ role: 'tool', tool_call_id, content }),
  read(stream) {
    const events = eventsIn(stream);
    const message = messageIn(events);
    return { items: [message], lines: chatLines([message]), events };
  },
  lines: (items) => chatLines(items as PlayedMessage[]),
};

const chatLines = (messages: PlayedMessage[]): RawLine[] =>
  messages.flatMap(({ role, content, tool_calls = [], tool_call_id }) => {
    if (role === 'tool') return [`output ${tool_call_id} ${String(content)}`];
    const calls = tool_calls.map(({ id, function: of }) => `call ${of.name} ${id} ${of.arguments}`);
    return [...(content || calls.length === 0 ? [line(role, content)] : []), ...calls];
  });

function messageIn(chunks: any[]): PlayedMessage {
  const message: PlayedMessage = { role: 'assistant', content: null };
  for (const { choices = [] } of chunks) {
    const { content, tool_calls = [] } = choices[0]?.delta ?? {};
    if (content) message.content = `${(message.content as string | null) ?? ''}${content}`;
    for (const { index, id, function: of } of tool_calls) {
      message.tool_calls ??= [];
      message.tool_calls[index] ??= { id, function: { name: of.name, arguments: '' } };
      message.tool_calls[index].function.arguments += of.arguments;
    }
  }
  return message;
}

function line(role: string, content: unknown): RawLine {
  const text = typeof content === 'string' ? content : (content as { text: string }[])?.[0]?.text;
  return `${role === 'assistant' ? 'model' : role} ${text ?? ''}`;
}

export const DIALECTS: Dialect[] = [responsesDialect, chatDialect];
