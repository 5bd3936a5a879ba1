/**
 * What is asked of a model, each a pure function of what was played. They look at facts in the words and at entries of the log, never at
 * sentences: references are random, so the model has one from a tool or has invented it.
 */
import { misnamed } from './naming.ts';
import { type Words, wordsIn } from '../../examples/facts.ts';
import { type AskedQuestion, codesIn, type Played } from './played.ts';
import { callsIn } from './requests.ts';

/** Says what is wrong, a line each, with the words it is about. Empty: passed. */
export type EvalCheck = (played: Played) => string[];

export const CHECKS = {
  told: ({ entries, results }) => {
    const words = wordsIn(entries);
    return results
      .filter(({ code }) => !words.some(({ text }) => says(text, code)))
      .map(({ code, name }) => `${code} of ${name} was never told.`);
  },

  /** What was cut off is told again: the service cannot know which of its words were heard. */
  told_once: ({ entries, results }) =>
    results.flatMap(({ code, name }) => {
      const telling = wordsIn(entries).filter(({ text, whole }) => whole && says(text, code));
      if (telling.length < 2) return [];
      return [
        `${code} of ${name} was told ${telling.length} times:`,
        ...telling.map((words) => quote(words)),
      ];
    }),

  nothing_invented: ({ entries, results }) =>
    wordsIn(entries).flatMap((words) =>
      codesIn(words.text)
        .filter(({ code }) => !results.some((r) => r.code === code && r.seq < words.started))
        .map(({ code }) => `No tool had returned ${code}: ${quote(words)}`),
    ),

  not_confused: ({ entries, results, names }) =>
    wordsIn(entries).flatMap((words) =>
      misnamed(words.text, results, names).map((code) => {
        const owner = results.find((result) => result.code === code)!.name;
        return `${code} belongs to ${owner}: ${quote(words)}`;
      }),
    ),

  called_once: ({ entries, subjects }) => {
    const released = callsIn(entries, subjects).filter((call) => call.released && !call.failed);
    return [...Map.groupBy(released, ({ tool, subject }) => `${tool} for ${subject}`)]
      .filter(([, calls]) => calls.length > 1)
      .map(([what, calls]) => `${what} was called ${calls.length} times.`);
  },

  called_off: ({ entries, subjects, calledOff }) =>
    callsIn(entries, subjects).flatMap(({ call_id, tool, subject, cancelled, over }) => {
      const what = `${call_id}, ${tool} for ${subject},`;
      const unwanted = subject !== undefined && calledOff.includes(subject);
      if (unwanted && !over) return [`${what} was called off by the user and still runs.`];
      if (!unwanted && cancelled) return [`${what} was cancelled, and the user wants it.`];
      return [];
    }),

  answered: ({ entries, questions }) =>
    questions
      .map((question, index) => ({ question, until: questions[index + 1]?.seq ?? Infinity }))
      .map(({ question, until }) => ({
        question,
        given: wordsIn(entries).filter(
          ({ started, whole }) => whole && started > question.seq && started < until,
        ),
      }))
      .filter(({ question, given }) => !given.some(({ text }) => answers(text, question)))
      .flatMap(({ question: { text, answer }, given }) => [
        `"${text}" was not answered${answer === undefined ? '' : ` with ${answer}`}:`,
        ...(given.length > 0 ? given.map((words) => quote(words)) : ['nothing was said.']),
      ]),

  waited: ({ entries, results, heldUntil = 0 }) =>
    wordsIn(entries)
      .filter(({ started }) => started < heldUntil)
      .filter(({ text }) => results.some(({ code }) => says(text, code)))
      .map((words) => `It was told before all results were in: ${quote(words)}`),
} satisfies Record<string, EvalCheck>;

export type CheckName = keyof typeof CHECKS;

const says = (text: string, wanted: string) => codesIn(text).some(({ code }) => code === wanted);

function answers(text: string, { answer }: AskedQuestion): boolean {
  return answer === undefined || new RegExp(`(?<!\\d)${answer}(?!\\d)`).test(text);
}

const quote = ({ reply_id, text }: Words) => `${reply_id} said "${text}"`;
