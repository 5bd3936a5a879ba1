import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createThoughtFilter } from './thoughts.ts';

const SAID = 'Good day.\nIt is <b>five</b>.';
const THOUGHT = 'They greet. <i>Politely</i>?';

const answers = [
  `<think>${THOUGHT}</think>${SAID}`,
  `\n<Thinking>\n${THOUGHT}\n</thinking>\n\n${SAID}`,
  `<think duration="3">${THOUGHT}</think>${SAID}`,
  `<seed:think>${THOUGHT}</seed:think>${SAID}`,
  `[THINK]${THOUGHT}[/THINK]${SAID}`,
  `◁think▷${THOUGHT}◁/think▷${SAID}`,
  `<|START_THINKING|>${THOUGHT}<|END_THINKING|>${SAID}`,
  `<|begin_of_thought|>${THOUGHT}<|end_of_thought|>${SAID}`,
  `<|channel|>analysis<|message|>${THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>${SAID}`,
  `<|channel|>final<|message|>${SAID}`,
  `<|channel>thought\n${THOUGHT}\n<channel|>${SAID}`,
  `<think>${THOUGHT}</think>\n<answer>\n${SAID}\n</answer>\n`,
  `<think>One.</think><reasoning>Two.</reasoning>${SAID}`,
  SAID,
];

/** The text that remains of an answer that comes in these pieces. */
function said(pieces: string[]): string {
  const filter = createThoughtFilter();
  return pieces.map((piece) => filter.add(piece).said).join('') + filter.end().said;
}

test.each(answers)('an answer cut anywhere keeps only its spoken text: %j', (answer) => {
  fc.assert(
    fc.property(fc.array(fc.nat(answer.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), answer.length];
      const pieces = places.slice(1).map((to, nth) => answer.slice(places[nth], to));
      expect(said(pieces)).toBe(SAID);
    }),
    { numRuns: 300 },
  );
  expect(said(answer.split(''))).toBe(SAID);
});

test.each(['<thin ice is dangerous>', '<think', '<think of a number', '<|channel|>', '[THIN]'])(
  'a text that only begins like a tag is kept: %j',
  (answer) => {
    expect(said(answer.split(''))).toBe(answer);
    expect(said([answer])).toBe(answer);
  },
);
