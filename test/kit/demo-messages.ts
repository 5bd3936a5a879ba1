/** Short ways to write what the demo model is sent. */
import { answer } from '../../cli/demo/rules.ts';
import type { ModelMessage } from '../../model/message.ts';

export const user = (text: string): ModelMessage => ({ role: 'user', text });
export const said = (text: string): ModelMessage => ({ role: 'assistant', text, calls: [] });
export const now = (moment: object) =>
  user(`<now>${JSON.stringify({ because: 'message', news: [], calls: [], ...moment })}</now>`);
export const event = (facts: object) => user(`<event>${JSON.stringify(facts)}</event>`);

/** A call that was made, and its one tool message. */
export const made = (
  call_id: string,
  name: string,
  outcome: object = { status: 'running' },
  report?: string,
): ModelMessage[] => [
  {
    role: 'assistant',
    text: `Starting the installer for ${name}.`,
    calls: [
      { call_id, tool: 'run_installer', arguments: JSON.stringify({ package: name, report }) },
    ],
  },
  { role: 'tool', call_id, text: JSON.stringify(outcome) },
];
export const running = (call_id: string, more = {}) => ({
  call_id,
  tool: 'run_installer',
  status: 'running',
  ...more,
});

export const ask = (...messages: ModelMessage[]) => {
  const { text, calls } = answer(messages, ['run_installer', 'cancel_call']);
  return { text, calls: calls.map((call) => `${call.name} ${call.arguments}`) };
};
