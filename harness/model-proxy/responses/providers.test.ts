/** The table of what model servers send (test/providers), read through the proxy. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allFixtures, type Fixture } from '../../../test/providers/fixtures.ts';
import { compared, outcomeOf } from '../../../test/providers/play.ts';
import {
  type ScriptedServer,
  startScriptedServer,
} from '../../../test/providers/scripted-server.ts';
import { throughProxy } from '../../../test/kit/through-proxy.ts';
import { responses } from './wire.ts';

const fixtures = allFixtures().filter(({ api, status }) => api === 'responses' && status === 200);
let playing: Pick<Fixture, 'status' | 'headers' | 'chunks'>;
let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer(() => playing);
});
afterAll(() => server.close());

const through = (fixture: Fixture, ours: string[]) => throughProxy(responses, fixture, ours);

/** Servers that do not end a stream as the protocol has it, or send none: the proxy breaks off. */
const UNREADABLE = /no last event|a complete response/;

/** The harness has seen the announcement of a call by the time it is known whose it is. */
const NAMED_LATE = /the name of a call only where its arguments end/;

describe('an answer in which no call is the proxy’s', () => {
  test.each(
    fixtures.filter(({ name }) => !UNREADABLE.test(name)).map((each) => [each.name, each] as const),
  )('means the same to the harness: %s', async (_, fixture) => {
    playing = (await through(fixture, [])).sent;
    const outcome = await outcomeOf(fixture, { baseURL: server.url });
    const [seen, wanted] = compared(outcome, fixture.expect);
    expect(seen).toEqual(wanted);
  });
});

const OURS = ['look', 'find', 'wait', 'list'];

describe('an answer in which all calls are the proxy’s', () => {
  const calling = fixtures.filter(
    ({ name, expect: { calls, error } }) =>
      !UNREADABLE.test(name) && !error && calls?.every(([name]) => OURS.includes(name)),
  );
  test('is in the table', () => expect(calling.length).toBeGreaterThan(20));

  test.each(calling.map((each) => [each.name, each] as const))(
    'shows the harness none of them: %s',
    async (_, fixture) => {
      const { sent, end } = await through(fixture, OURS);
      if (!NAMED_LATE.test(fixture.name)) {
        expect(sent.chunks.join('')).not.toMatch(/"function_call"/);
      }
      expect(end!.calls.map((call) => [call.name, call.arguments])).toEqual(fixture.expect.calls);
      expect(end).toMatchObject({ waitsForHarness: false });
    },
  );
});
