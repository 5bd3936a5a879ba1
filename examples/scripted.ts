/** The demo model with an example's own rules. It is not an AI, and knows only what it is sent. */
import { asBlocks } from '../cli/demo/as-blocks.ts';
import { type DemoModelOptions, startDemoModel } from '../cli/demo/model-server.ts';
import { answer as demoAnswer, type DemoAnswer } from '../cli/demo/rules.ts';
import { type Fact, readSituation } from '../cli/demo/situation.ts';
import { summaryOf } from '../cli/demo/summary.ts';
import type { ModelMessage } from '../model/message.ts';
import type { Example } from './example.ts';

export const startScripted = (
  { answer }: Pick<Example, 'answer'>,
  options: Partial<DemoModelOptions> = {},
) =>
  startDemoModel({
    port: 0,
    ...options,
    answer: (messages, tools) =>
      summaryOf(messages) === undefined
        ? answer(readSituation(messages), messages)
        : demoAnswer(messages, tools),
  });

/** What the demo model says to lines that are not about the example. */
export const smallTalk = (lines: readonly string[]): string[] =>
  lines.map((text) => demoAnswer([{ role: 'user', text }], []).text);

export const call = (name: string, input: object): DemoAnswer['calls'][number] => ({
  name,
  arguments: JSON.stringify(input),
});

/** The results of a call since it was last told, oldest first, including that of its end. */
export function broughtBy<T>(fact: Fact): T[] {
  const results = (fact.results ?? []).map(({ data }) => data);
  return [...results, ...(fact.status === 'completed' ? [fact.result] : [])] as T[];
}

/** The results of all calls in this conversation, as far as they are sent to the model. */
export function broughtSoFar<T>(messages: readonly ModelMessage[]): T[] {
  return asBlocks(messages).flatMap(({ role, text }) => {
    const json = role === 'user' ? /^<event>(.*)<\/event>$/s.exec(text)?.[1] : undefined;
    const { data, result } = json === undefined ? {} : JSON.parse(json);
    return [data, result].filter((value) => value !== undefined);
  });
}
