import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';
import { type CountryRow, openCities, REGIONS } from '../cities.ts';

/** The least time for a chunk: the data is small, and a person should be able to follow. */
const CHUNK_MS = Number(process.env['PIPELINE_CHUNK_MS'] ?? 1_500);
const COUNTRIES_IN_A_CHUNK = 25;

/**
 * Works through the data chunk by chunk. The first result starts a turn, and so does each third one after it; the others are told along
 * with them. After a crash it goes on with the next chunk.
 */
export default defineTool({
  name: 'analyse_cities',
  description:
    'Adds up how many people live in the cities of each country, from a table of 135,000 cities. Works through the countries in chunks; each result has the figures so far.',
  input: z.object({
    region: z
      .enum(REGIONS as [string, ...string[]])
      .optional()
      .describe('Only the countries of this region. Default: all.'),
  }),
  results: { min: 2, max: 'many' },
  report: 'only the end',
  async *run({ region }, call) {
    const data = await openCities();
    const codes = data.countriesIn(region);
    const chunks = Math.ceil(codes.length / COUNTRIES_IN_A_CHUNK);
    const done = progress.parse(call.checkpoint ?? { chunks: 0, rows: [] });
    for (let chunk = done.chunks; chunk < chunks; chunk += 1) {
      const [rows] = await Promise.all([
        data.peopleIn(
          codes.slice(chunk * COUNTRIES_IN_A_CHUNK, (chunk + 1) * COUNTRIES_IN_A_CHUNK),
        ),
        sleep(CHUNK_MS, undefined, { signal: call.signal }),
      ]);
      done.chunks = chunk + 1;
      done.rows = [...done.rows, ...rows];
      if (done.chunks === chunks) break;
      yield call.progress((100 * done.chunks) / chunks, `chunk ${done.chunks} of ${chunks}`);
      const result = { chunk: done.chunks, of: chunks, ...figures(done.rows, region) };
      const schedule = chunk % 3 === 0 ? 'when_idle' : 'silent';
      yield call.result(result, { schedule, checkpoint: { ...done } });
    }
    return { chunk: chunks, of: chunks, ...figures(done.rows, region) };
  },
});

/** The figures so far, with a chart that a page may draw. */
function figures(rows: CountryRow[], region: string | undefined) {
  const byPeople = rows.toSorted((one, other) => other.people - one.people);
  const add = (some: CountryRow[]) => some.reduce((sum, { people }) => sum + people, 0);
  const bars =
    region === undefined
      ? [...Map.groupBy(rows, (row) => row.region)].map(([label, some]) => ({
          label,
          value: add(some),
        }))
      : byPeople.slice(0, 8).map(({ country, people }) => ({ label: country, value: people }));
  return {
    region: region ?? 'all',
    countries: rows.length,
    cities: rows.reduce((sum, { cities }) => sum + cities, 0),
    people: add(rows),
    largest: byPeople.slice(0, 3).map(({ country, people }) => ({ country, people })),
    chart: { title: 'People in cities', bars: bars.toSorted((a, b) => b.value - a.value) },
  };
}

const progress = z.object({
  chunks: z.int(),
  rows: z.array(
    z.object({ country: z.string(), region: z.string(), people: z.number(), cities: z.number() }),
  ),
});
