/** A harness and a model behind the managed proxy, as each API writes what they say. */
import { chat } from '../../harness/model-proxy/chat/wire.ts';
import { responses } from '../../harness/model-proxy/responses/wire.ts';
import type { ProxyBody, Wire } from '../../harness/model-proxy/wire.ts';

/** How an API writes what the harness and the model say. */
export interface Hand {
  wire: Wire<any>;
  thread(body: ProxyBody): any[];
  body(items: object[]): ProxyBody;
  user(text: string): object;
  output(call_id: string): object;
  /** Events of an answer. `own`: a call of the harness's tool. */
  answer(said: { words: string; echoes: number; own?: string }): object[];
  /** What the harness adds to its thread. */
  heard(events: any[]): object[];
  texts(item: any): string;
}

export const responsesHand: Hand = {
  wire: responses,
  thread: ({ input }) => input as object[],
  body: (input) => ({ input, tools: [{ type: 'function', name: 'shell' }] }),
  user: (content) => ({ type: 'message', role: 'user', content }),
  output: (call_id) => ({ type: 'function_call_output', call_id, output: 'A file.' }),
  answer({ words, echoes, own }) {
    const call = (name: string, call_id: string) => ({
      ...{ type: 'function_call', name, call_id, arguments: '{"words":"hi"}' },
    });
    const items = [
      ...(words === '' ? [] : [{ type: 'message', role: 'assistant', content: words }]),
      ...Array.from({ length: echoes }, (_, nth) => call('echo', `c${nth}`)),
      ...(own === undefined ? [] : [call('shell', own)]),
    ];
    return [
      ...items.map((item, output_index) => ({
        ...{ type: 'response.output_item.done', output_index, item },
      })),
      { type: 'response.completed', response: { status: 'completed', output: items } },
    ];
  },
  heard: (events) => events.flatMap(({ item }) => item ?? []),
  texts: ({ output, content }) => String(output ?? content ?? ''),
};

export const chatHand: Hand = {
  wire: chat,
  thread: ({ messages }) => messages as object[],
  body: (messages) => ({ messages, tools: [{ type: 'function', function: { name: 'shell' } }] }),
  user: (content) => ({ role: 'user', content }),
  output: (tool_call_id) => ({ role: 'tool', tool_call_id, content: 'A file.' }),
  answer({ words, echoes, own }) {
    const call = (name: string, id: string, index: number) => ({
      ...{ index, id, type: 'function', function: { name, arguments: '{"words":"hi"}' } },
    });
    const tool_calls = [
      ...Array.from({ length: echoes }, (_, nth) => call('echo', `c${nth}`, nth)),
      ...(own === undefined ? [] : [call('shell', own, echoes)]),
    ];
    const delta = { role: 'assistant', content: words, tool_calls };
    return [
      { choices: [{ index: 0, delta, finish_reason: null }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ];
  },
  heard(events) {
    const deltas = events.map(({ choices }) => choices[0].delta);
    const tool_calls = deltas.flatMap((delta) => delta.tool_calls ?? []);
    const content = deltas.map((delta) => delta.content ?? '').join('');
    return [{ role: 'assistant', content, ...(tool_calls.length > 0 && { tool_calls }) }];
  },
  texts: ({ content }) => String(content ?? ''),
};
