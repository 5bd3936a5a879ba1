/**
 * A scripted model, not an AI: it knows the lines of the scenarios by fixed patterns and everything else from the messages alone, as any model
 * does. With a bad habit it does one thing wrong and all others right.
 */
import { CANCEL_TOOL } from '../../../contract/names.ts';
import { type Fact, readSituation, type Situation } from '../../../cli/demo/situation.ts';
import type { AskedCall, ModelMessage } from '../../../model/message.ts';
import { codesIn } from '../played.ts';
import type { Habit } from './habits.ts';
import { readWishes, type Wishes } from './lines.ts';
import { tellNews } from './telling.ts';

export interface ScriptedAnswer {
  text: string;
  calls: AskedCall[];
}

export function answer(messages: readonly ModelMessage[], habit: Habit): ScriptedAnswer {
  const situation = readSituation(messages);
  const lines = [...situation.unfinished, ...situation.unanswered];
  const { quotes, surveys, calledOff } = withDropped(readWishes(lines), situation);
  const { sums, story, presses } = readWishes(situation.unanswered);
  const open = openItems(situation);
  const running = new Set(open.values());
  const recalls = habit === 'recalling' && situation.unanswered.length > 0;
  const again = recalls ? [...running].filter((item) => !calledOff.includes(item)) : [];
  const start = [...quotes.filter((item) => !running.has(item)), ...again];
  const stopping = new Set(cancelsDropped(situation));
  const stop = [...open].filter(([id, item]) => calledOff.includes(item) || stopping.has(id));
  const news = habit === 'silent' ? [] : tellNews(messages, situation, habit);

  const said = [
    ...news,
    ...stop.map(([, item]) => `Cancelling the quote for ${item}.`),
    ...start.map((item) => `Requesting a quote for ${item}.`),
    ...surveys.map((product) => `Asking the suppliers of ${product}.`),
    ...answersOf(replies({ sums, story, presses }), habit),
  ];
  const more = said.length > 0 ? badWords(messages, situation, habit) : [];
  return {
    text: [...said, ...more].join(' '),
    calls: [
      ...(habit === 'hoarding' ? [] : stop).map(([call_id]) => call(CANCEL_TOOL, { call_id })),
      ...start.map((item) => call('request_quote', { item })),
      ...surveys.map((product) => call('survey_suppliers', { product })),
    ],
  };
}

/** A deaf model says something, and not what was asked: silence is a failure that the service tells itself. */
const answersOf = (given: string[], habit: Habit): string[] =>
  habit === 'deaf' && given.length > 0 ? ['I see.'] : given;

/** What was dropped because a message came first is still wanted, unless it was called off. */
function withDropped(wishes: Wishes, { dropped }: Situation): Wishes {
  const items = dropped
    .filter(({ tool }) => tool === 'request_quote')
    .map(({ arguments: given }) => String(given.item))
    .filter((item) => !wishes.calledOff.includes(item));
  return { ...wishes, quotes: [...new Set([...items, ...wishes.quotes])] };
}

/** Ids of the calls that were to be cancelled as well. */
const cancelsDropped = ({ dropped }: Situation) =>
  dropped.filter(({ tool }) => tool === CANCEL_TOOL).map(({ arguments: given }) => given.call_id);

/** By call id. */
function openItems({ open, uses }: Situation): Map<string, string> {
  const itemOf = ({ call_id }: Fact) => uses.get(call_id)?.arguments.item;
  return new Map(
    open.flatMap((fact) => {
      const item = itemOf(fact);
      return typeof item === 'string' ? [[fact.call_id, item] as const] : [];
    }),
  );
}

function replies({ sums, story, presses }: Pick<Wishes, 'sums' | 'story' | 'presses'>): string[] {
  return [
    ...(presses ? ['It is not there yet, so I cannot give it to you.'] : []),
    ...(story ? [STORY] : []),
    ...sums.map(([a, b]) => `${a} times ${b} is ${a * b}.`),
  ];
}

/** No tool of the evaluation ever returns this one. */
const INVENTED = 'KX-0000';

function badWords(messages: readonly ModelMessage[], situation: Situation, habit: Habit): string[] {
  if (habit === 'inventing' && situation.news.length === 0) {
    return [...openItems(situation).values()].map(
      (item) => `The quote for ${item} has the reference ${INVENTED}.`,
    );
  }
  if (habit === 'repeating') {
    const past = messages.filter(({ role }) => role === 'assistant').map(({ text }) => text);
    const told = past.flatMap((text) => text.split(/(?<=\.) /));
    return [...new Set(told.filter((sentence) => codesIn(sentence).length > 0))];
  }
  return [];
}

const call = (name: string, input: object): AskedCall => ({
  name,
  arguments: JSON.stringify(input),
});

const STORY = Array.from(
  { length: 60 },
  () => 'The sea was calm, and the ship went on and on.',
).join(' ');
