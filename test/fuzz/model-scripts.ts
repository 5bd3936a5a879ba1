/** What a model server may stream: answers in the form of each API, hostile in their content, and frames of an unexpected shape. */
import fc from 'fast-check';
import type { ModelApi } from '../../model/message.ts';
import { hostileText, strings } from './json-text.ts';

export interface FuzzScript {
  api: ModelApi;
  frames: string[];
  /** Where the bytes of the answer are cut. */
  cuts: number[];
  /** What is said in frames that are as they should be. Undefined: there are others too. */
  said?: string;
}

/** UTF-16, cut between any two units. */
const cutText = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.uniqueArray(fc.nat(60), { maxLength: 6 })).map(([whole, places]) => {
    const all = [0, ...places.filter((at) => at < whole.length).sort((a, b) => a - b)];
    return all.map((from, nth) => whole.slice(from, all[nth + 1]));
  });

const words = fc
  .array(fc.constantFrom('a', ' ', '\n', 'é', '😀', '👩‍👩‍👧', '\0', '\ud83d', '\ude00'), {
    maxLength: 25,
  })
  .map((all) => all.join(''));
const names = fc.oneof(
  fc.constantFrom('open', 'strict', 'open', 'strict', 'cancel_call', 'next_event'),
  fc.constantFrom('', '__proto__', 'constructor', '\0\ud83d', 'x'.repeat(3_000), 'toString'),
);
const inputs = fc.oneof(
  hostileText,
  hostileText.map((value) => `{"a":${value}}`),
  hostileText.map((value) => `{"a":[],"b":{"__proto__":${value}},"report":"every 25 percent"}`),
  strings.map((report) => `{"a":1,"report":${report}}`),
  fc.constant(`{"a":"${'y'.repeat(300_000)}"}`),
  fc.constant(`{"a":[${'1,'.repeat(20_000)}1]}`),
);
const calls = fc.array(fc.record({ name: names, pieces: cutText(inputs) }), { maxLength: 3 });
const counts = fc.constantFrom(
  '7',
  '0',
  '-1',
  '1.5',
  '1e400',
  '9007199254740993',
  '"7"',
  'null',
  '{}',
);
const usage = fc.tuple(counts, counts);

const frame = (json: string) => `data: ${json}\n\n`;
const json = JSON.stringify;

/** Frames of an unexpected shape. */
const odd = fc.oneof(
  hostileText,
  hostileText.map((value) => `{"choices":[{"delta":{"content":${value}}}]}`),
  hostileText.map((value) => `{"choices":[{"delta":{"refusal":${value}}}]}`),
  hostileText.map((value) => `{"choices":[{"delta":{"tool_calls":[{"function":${value}}]}}]}`),
  hostileText.map(
    (value) =>
      `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"open","arguments":${value}}}]}}]}`,
  ),
  hostileText.map((value) => `{"choices":${value}}`),
  hostileText.map((value) => `{"usage":${value},"choices":[]}`),
  hostileText.map((value) => `{"error":${value}}`),
  hostileText.map((value) => `{"type":"response.output_text.delta","delta":${value}}`),
  hostileText.map((value) => `{"type":"response.completed","response":${value}}`),
  hostileText.map(
    (value) =>
      `{"type":"response.output_item.done","item":{"type":"function_call","name":${value},"arguments":${value}}}`,
  ),
  hostileText.map((value) => `{"type":"response.failed","response":{"error":${value}}}`),
);

const chat = fc.tuple(cutText(words), calls, usage).map(([pieces, asked, [input, output]]) => [
  ...pieces.map((content) => json({ choices: [{ index: 0, delta: { content } }] })),
  ...asked.flatMap(({ name, pieces: parts }, index) => [
    json({
      choices: [
        {
          delta: { tool_calls: [{ index, id: `c${index}`, function: { name, arguments: '' } }] },
        },
      ],
    }),
    ...parts.map((part) =>
      json({ choices: [{ delta: { tool_calls: [{ index, function: { arguments: part } }] } }] }),
    ),
  ]),
  json({ choices: [{ delta: {}, finish_reason: 'stop' }] }),
  `{"choices":[],"usage":{"prompt_tokens":${input},"completion_tokens":${output}}}`,
  '[DONE]',
]);

const responses = fc.tuple(cutText(words), calls, usage).map(([pieces, asked, [input, output]]) => [
  ...pieces.map((delta) => json({ type: 'response.output_text.delta', delta })),
  ...asked.map(({ name, pieces: parts }) => {
    const item = { type: 'function_call', call_id: 'c', name, arguments: parts.join('') };
    return json({ type: 'response.output_item.done', item });
  }),
  `{"type":"response.completed","response":{"output":[],"usage":{"input_tokens":${input},"output_tokens":${output}}}}`,
]);

export const scripts: fc.Arbitrary<FuzzScript> = fc
  .record({
    api: fc.constantFrom('chat' as const, 'responses' as const),
    chat,
    responses,
    disturbed: fc.option(fc.tuple(odd, fc.nat(8)), { freq: 2 }),
    cuts: fc.uniqueArray(fc.nat(2_000), { maxLength: 8 }),
  })
  .map(({ api, disturbed, cuts, ...both }) => {
    const frames = [...both[api]];
    if (disturbed) frames.splice(disturbed[1], 0, disturbed[0]);
    return { api, frames: frames.map(frame), cuts: cuts.toSorted((a, b) => a - b) };
  });
