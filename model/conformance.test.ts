/** Runs the table of what model servers send and what it means (test/providers) over real HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFixtures, type Fixture } from '../test/providers/fixtures.ts';
import { compared, outcomeOf } from '../test/providers/play.ts';
import { type ScriptedServer, startScriptedServer } from '../test/providers/scripted-server.ts';

const fixtures = allFixtures();
let playing: Fixture;
let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer(() => playing);
});
afterAll(() => server.close());

test('the table covers both APIs', () => {
  const counts = Object.groupBy(fixtures, ({ api }) => api);
  expect(fixtures.length).toBeGreaterThanOrEqual(60);
  expect(counts.chat!.length).toBeGreaterThanOrEqual(30);
  expect(counts.responses!.length).toBeGreaterThanOrEqual(30);
  expect(new Set(fixtures.map(({ api, name }) => `${api} ${name}`)).size).toBe(fixtures.length);
});

test.each(fixtures.map((fixture) => [fixture.api, fixture.name, fixture] as const))(
  '%s: %s',
  async (_api, _name, fixture) => {
    playing = fixture;
    const outcome = await outcomeOf(fixture, { baseURL: server.url });
    const [seen, wanted] = compared(outcome, fixture.expect);
    expect(seen).toEqual(wanted);
    if (fixture.expect.message !== undefined) {
      expect(outcome.message).toMatch(new RegExp(fixture.expect.message));
    }
  },
);
