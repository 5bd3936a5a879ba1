/** A scripted Chat Completions API: see script.ts. */
import { moveFor, type ScriptedApi } from './script.ts';
import { eventStream, startScriptedApi } from './scripted-api.ts';

interface Message {
  role: string;
  content?: string | { text?: string }[] | null;
}

interface Body {
  messages: Message[];
  tools?: { function: { name: string } }[];
}

export const startChatApi = (): Promise<ScriptedApi> =>
  startScriptedApi<Body>({
    path: /\/chat\/completions/,
    newsIn: ({ messages }) => textOf(messages.at(-1)!),
    toolsIn: namesIn,
    answer({ body, response, n }, news) {
      const send = eventStream(response);
      const chunk = (more: object) =>
        send({ id: `c${n}`, object: 'chat.completion.chunk', created: n, model: 'm', ...more });
      const choose = (delta: object, finish_reason: string | null = null) =>
        chunk({ choices: [{ index: 0, delta, finish_reason }] });
      const move = moveFor(news);
      if ('text' in move) choose({ role: 'assistant', content: move.text });
      else if (!namesIn(body).includes(move.tool)) {
        choose({ role: 'assistant', content: `There is no tool ${move.tool}.` });
      } else {
        const of = { name: move.tool, arguments: JSON.stringify(move.input) };
        const call = { index: 0, id: `call_${n}`, type: 'function', function: of };
        choose({ role: 'assistant', content: null, tool_calls: [call] });
      }
      choose({}, 'tool' in move ? 'tool_calls' : 'stop');
      chunk({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } });
      response.end('data: [DONE]\n\n');
    },
  });

const namesIn = ({ tools = [] }: Body) => tools.map((tool) => tool.function.name);

const textOf = ({ content }: Message): string =>
  typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('\n');
