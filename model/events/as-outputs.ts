/**
 * Events for a model API that supports asynchronous tools: a call is answered once, when it is over. Its earlier events are messages, since
 * a call has only one output.
 */
import { json } from '../blocks.ts';
import { asMessages } from './as-messages.ts';
import type { EventStrategy } from './strategy.ts';

const [, ...SAME] = asMessages.rules;

export const asOutputs: EventStrategy = {
  ...asMessages,
  rules: [
    'A tool call that is not over has no output yet, and you go on meanwhile. Its progress and its partial results come as <event> blocks that name its call_id; its output says how it ended.',
    ...SAME,
  ],
  end: (call_id, facts) => [{ role: 'tool', call_id, text: json(facts) }],
};
