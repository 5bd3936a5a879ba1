import { fileURLToPath } from 'node:url';
import type { Entry } from '../../contract/entry.ts';
import type { Fact, Situation } from '../../cli/demo/situation.ts';
import { defineExample } from '../example.ts';
import { type CallHistory, callsIn, wordsIn } from '../facts.ts';
import { broughtBy, call, smallTalk } from '../scripted.ts';

interface Figures {
  chunk: number;
  of: number;
  region: string;
  countries: number;
  cities: number;
  people: number;
  largest: { country: string; people: number }[];
}

export default defineExample({
  name: 'pipeline',
  about:
    'A dataset is worked through in chunks; the user is told the first figures and redirects the rest.',
  folder: fileURLToPath(new URL('extensions', import.meta.url)),
  open: async () => ({ env: {}, close: async () => {} }),
  answer,

  async play(talk) {
    await talk.say('How many people live in the cities of the world, by country?');
    const first = await talk.until('the first figures have arrived', () =>
      talk.log.of('call.event').find(({ event }) => event === 'result'),
    );
    await talk.until('the first figures were told', () =>
      talk.log.of('receipt').find(({ of }) => of.includes(first.seq)),
    );
    await talk.say('Only Europe, please.');
    await talk.until('Europe is complete', () => completed(talk.log.entries));
    await talk.told();
  },

  checks: {
    first_figures: (entries) => {
      const [whole] = callsIn(entries, 'analyse_cities');
      const first = whole?.results[0];
      if (!first) return ['The analysis brought no first result.'];
      const { country } = (first.data as Figures).largest[0]!;
      const until = entries.find(({ seq, kind }) => seq > first.seq && kind === 'message.user');
      const isTold = wordsIn(entries).some(
        ({ started, text }) =>
          started > first.seq && started < (until?.seq ?? Infinity) && text.includes(country),
      );
      return isTold ? [] : [`Nothing was said about ${country}, the largest of the first chunk.`];
    },

    redirected_early: (entries) => {
      const said = entries.find(
        (entry) => entry.kind === 'message.user' && entry.text.startsWith('Only'),
      );
      if (!said) return ['The user never said "only Europe".'];
      return callsIn(entries, 'analyse_cities')
        .filter((each) => each.input.region !== 'Europe')
        .flatMap(({ id, results, cancelled }) => {
          const late = results.filter(({ seq }) => seq > (cancelled?.seq ?? Infinity));
          if (!cancelled)
            return [`${id} was not cancelled, and computes more than the user wants.`];
          const done = (results.at(-1)?.data as Figures | undefined) ?? { chunk: 0, of: 1 };
          if (done.chunk > done.of / 2)
            return [`${id} was cancelled after ${done.chunk} of ${done.of} chunks.`];
          return late.map(({ seq }) => `${id} brought entry ${seq} after it was cancelled.`);
        });
    },

    called_once: (entries) => {
      const europe = europeIn(entries);
      return europe.length === 1 ? [] : [`Europe was analysed ${europe.length} times.`];
    },

    told: (entries) => {
      const end = completed(entries);
      if (!end) return ['Europe was not analysed to the end.'];
      const [first, second] = (end.result as Figures).largest;
      const last = wordsIn(entries).filter(({ started, whole }) => started > end.seq && whole);
      return [first!, second!]
        .filter(({ country }) => !last.some(({ text }) => text.includes(country)))
        .map(({ country }) => `${country} was not named in the end.`);
    },
  },
});

const europeIn = (entries: readonly Entry[]): CallHistory[] =>
  callsIn(entries, 'analyse_cities').filter(
    ({ input, started }) => input.region === 'Europe' && started,
  );

const completed = (entries: readonly Entry[]) =>
  europeIn(entries).find((each) => each.completed)?.completed;

function answer({ news, unanswered, unfinished, dropped, open, uses }: Situation) {
  const said = news.filter(({ tool }) => tool === 'analyse_cities').flatMap((fact) => tell(fact));
  const lines = [...unfinished, ...unanswered];
  const calls = dropped.map((use) => call(use.tool, use.arguments));
  const isAsked = lines.some((line) => /how many people/i.test(line));
  const isNarrowed = lines.some((line) => /only europe/i.test(line));
  const running = open.filter(({ tool }) => tool === 'analyse_cities');
  if (isNarrowed) {
    const other = running.filter(({ call_id }) => uses.get(call_id)?.arguments.region !== 'Europe');
    said.push('Dropping the rest: from now on only Europe.');
    return {
      text: said.join(' '),
      calls: [
        ...other.map(({ call_id }) => call('cancel_call', { call_id })),
        call('analyse_cities', { region: 'Europe' }),
      ],
    };
  }
  if (isAsked && running.length === 0 && calls.length === 0) {
    said.push('I add it up country by country, and tell you the first figures as they come.');
    calls.push(call('analyse_cities', {}));
  }
  said.push(...smallTalk(unanswered.filter((line) => !/how many people|only europe/i.test(line))));
  return { text: said.join(' '), calls };
}

/** Tells only the last figures, which include those before them. */
function tell(fact: Fact): string[] {
  if (fact.status === 'failed') return [`The analysis failed: ${fact.error?.message}`];
  const figures = broughtBy<Figures>(fact).at(-1);
  if (!figures) return [];
  const { chunk, of, region, countries, cities, people, largest } = figures;
  const where = region === 'all' ? '' : ` of ${region}`;
  const names = largest.map((each) => `${each.country} ${inMillions(each.people)}`).join(', ');
  const far =
    chunk === of
      ? `All ${countries} countries${where}`
      : `So far (${chunk} of ${of} chunks, ${countries} countries${where})`;
  return [
    `${far}: ${inMillions(people)} in ${cities.toLocaleString('en')} cities; the largest: ${names}.`,
  ];
}

const inMillions = (people: number) => `${(people / 1e6).toFixed(1)} million`;
