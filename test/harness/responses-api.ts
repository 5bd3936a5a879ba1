/** A scripted Responses API of OpenAI: see script.ts. */
import { moveFor, type ScriptedApi } from './script.ts';
import { eventStream, startScriptedApi } from './scripted-api.ts';

interface Item {
  type: string;
  role?: string;
  content?: string | { text?: string }[];
  output?: string | { text?: string }[];
}

interface Tool {
  type: string;
  name?: string;
  /** The tools of a namespace, which is one MCP server. */
  tools?: { name: string }[];
}

interface Body {
  input: Item[];
  tools?: Tool[];
}

/** @param options.asks whether the model makes the calls that an answer names. Default: it does */
export const startResponsesApi = ({ asks = true } = {}): Promise<ScriptedApi> =>
  startScriptedApi<Body>({
    path: /\/responses/,
    newsIn: ({ input }) => newsIn(input),
    toolsIn: ({ tools = [] }) =>
      tools.flatMap((tool) => (tool.tools ?? [tool]).map(({ name = '' }) => name)),
    answer({ body: { tools = [] }, response, n }, news) {
      const stream = eventStream(response);
      const send = (type: string, fields: object) => stream({ type, ...fields }, type);
      send('response.created', { response: { id: `r${n}` } });
      send('response.output_item.done', { item: itemFor(news, tools, { n, asks }) });
      const usage = {
        input_tokens: 1,
        input_tokens_details: null,
        output_tokens: 1,
        output_tokens_details: null,
        total_tokens: 2,
      };
      send('response.completed', { response: { id: `r${n}`, usage } });
      response.end();
    },
  });

function newsIn(input: Item[]): string {
  const { output, content, role } = input.at(-1)!;
  return role === 'user' || output !== undefined ? textOf(output ?? content) : '';
}

const textOf = (given: Item['output']): string =>
  typeof given === 'string' ? given : (given ?? []).map(({ text }) => text ?? '').join('\n');

function itemFor(news: string, tools: Tool[], { n, asks }: { n: number; asks: boolean }): object {
  const move = moveFor(asks ? news : news.replaceAll('next_results(', 'next_results ('));
  if ('text' in move) return message(move.text, n);
  const space = tools.find((tool) => tool.tools?.some(({ name }) => name.endsWith(move.tool)));
  const { name } = (space?.tools ?? tools).find((tool) => tool.name?.endsWith(move.tool)) ?? {};
  if (name === undefined) return message(`There is no tool ${move.tool}.`, n);
  return {
    type: 'function_call',
    id: `f${n}`,
    call_id: `c${n}`,
    name,
    ...(space && { namespace: space.name }),
    arguments: JSON.stringify(move.input),
  };
}

const message = (text: string, n: number) => ({
  type: 'message',
  id: `m${n}`,
  role: 'assistant',
  content: [{ type: 'output_text', text }],
});
