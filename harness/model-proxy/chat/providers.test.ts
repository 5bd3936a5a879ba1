/** The table of what model servers send (test/providers), read through the proxy. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allFixtures, type Fixture } from '../../../test/providers/fixtures.ts';
import { compared, outcomeOf } from '../../../test/providers/play.ts';
import {
  type ScriptedServer,
  startScriptedServer,
} from '../../../test/providers/scripted-server.ts';
import { throughProxy } from '../../../test/kit/through-proxy.ts';
import { chat } from './wire.ts';

const fixtures = allFixtures().filter(({ api, status }) => api === 'chat' && status === 200);
let playing: Pick<Fixture, 'status' | 'headers' | 'chunks'>;
let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer(() => playing);
});
afterAll(() => server.close());

const through = (fixture: Fixture, ours: string[]) => throughProxy(chat, fixture, ours);

/** Servers that do not speak the protocol: the proxy breaks off, and says less than they did. */
const UNREADABLE = /a JSON object a line|is no JSON|an error as a text|an event named error/;

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
    ({ expect: { calls, error } }) => !error && calls?.every(([name]) => OURS.includes(name)),
  );
  test('is in the table', () => expect(calling.length).toBeGreaterThan(20));

  test.each(calling.map((each) => [each.name, each] as const))(
    'shows the harness none of them: %s',
    async (_, fixture) => {
      const { sent, end } = await through(fixture, OURS);
      expect(sent.chunks.join('')).not.toMatch(/tool_calls":\[/);
      expect(end!.calls.map((call) => [call.name, call.arguments])).toEqual(fixture.expect.calls);
      expect(end).toMatchObject({ waitsForHarness: false });
    },
  );
});
