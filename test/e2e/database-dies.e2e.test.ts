import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  test,
  vi,
} from 'vitest';
import { type StubModel, type StubReply, startStubModel } from '../kit/model-server.ts';
import { startPostgresServer, type TestPostgresServer } from '../kit/postgres.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { connectSse, nameOf } from '../kit/sse-client.ts';
import { follow, talk } from '../kit/talk.ts';

let postgres: TestPostgresServer;
let model: StubModel;
let answer: () => StubReply;
let service: TestService;
beforeAll(async () => {
  postgres = await startPostgresServer();
  model = await startStubModel(() => answer());
  service = await startTestService({
    temporal: inject('temporalAddress'),
    env: {
      DATABASE_URL: postgres.url,
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'stub',
    },
  });
});
beforeEach(() => {
  answer = () => ({ text: 'Well.' });
});
afterEach((test) => service.explain(test));
afterAll(async () => {
  await service.remove();
  await model.close();
  await postgres.stop();
});

/** Ways to be away, each with the way back. */
const AWAY = {
  killed: {
    go: () => void process.kill(postgres.pid()!, 'SIGKILL'),
    comeBack: () => postgres.restart(),
  },
  frozen: { go: () => postgres.freeze(), comeBack: async () => postgres.thaw() },
};

const ask = async (path: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(`${service.url}${path}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', ...headers },
  });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, body: (await response.json()) as any };
};

describe.each(['killed', 'frozen'] as const)('while the database is %s', (way) => {
  const { go, comeBack } = AWAY[way];

  test('requests that need it get a 503, others are accepted, streams stay open, and everything continues when it is back', async () => {
    const { id, replied } = await talk(service.client, 'hello');
    await replied(1);
    const path = `/v1/conversations/${id}`;
    const stream = await connectSse(`${service.url}${path}/stream`);
    const before = (await stream.take(3)).map((event) => `${nameOf(event)}`);

    go();
    // What served the connections of a killed server ends a moment after it.
    await vi.waitFor(async () => expect((await ask(path)).status).toBe(503), 20_000);
    const unavailable = { status: 503, retryAfter: '1', body: { code: 'store_unavailable' } };
    expect(await ask(path)).toMatchObject(unavailable);
    expect(await ask(`${path}/entries`)).toMatchObject(unavailable);
    expect(await ask('/v1/conversations', {})).toMatchObject(unavailable);
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: { code: 'not_ready', errors: [{ path: 'store' }] },
    });
    const key = { 'idempotency-key': 'k' };
    const said = [
      await ask(`${path}/messages`, { text: 'one' }),
      await ask(`${path}/messages`, { text: 'two', when_busy: 'queue' }, key),
      await ask(`${path}/messages`, { text: 'two', when_busy: 'queue' }, key),
    ];
    expect(said.map(({ status }) => status)).toEqual([202, 202, 202]);
    const late = await connectSse(`${service.url}${path}/stream`);
    expect(late.status).toBe(200);

    await comeBack();
    const texts = () => log.of('message.user').map(({ text }) => text);
    const { log } = follow(service.client, id);
    await log.until(
      'both are answered',
      () => texts().length === 3 && log.of('reply.completed').length >= 2,
    );
    expect(texts()).toEqual(['hello', 'one', 'two']);
    expect(log.entries.map(({ seq }) => seq)).toEqual(log.entries.map((_, i) => i + 1));
    const rest = log.entries.length - 3;
    const entriesOf = async (reader: typeof stream, count: number) => {
      const names: string[] = [];
      while (names.length < count) {
        const event = (await reader.next())!;
        if (event.event === 'entry') names.push(`${nameOf(event)}`);
      }
      return names;
    };
    const went = await entriesOf(stream, rest);
    expect([...before, ...went].map((name) => Number(/(\d+)\./.exec(name)![1]))).toEqual(
      log.entries.map(({ seq }) => seq),
    );
    expect(await entriesOf(late, log.entries.length)).toHaveLength(log.entries.length);
    stream.vanish();
    late.vanish();
    await log.close();
  });

  test('a reply in flight continues when it is back, and the model is asked once', async () => {
    const goOn = Promise.withResolvers<void>();
    const pieces = async function* () {
      yield 'One, ';
      await goOn.promise;
      yield 'two, ';
      yield 'three.';
    };
    answer = () => ({ text: pieces() });
    const question = `count, as it is ${way}`;
    const { items, log, replied } = await talk(service.client, question);
    await log.until('it has begun to speak', () => items.some(({ type }) => type === 'delta'));
    go();
    goOn.resolve();
    await vi.waitFor(async () => expect((await ask('/v1/conversations')).status).toBe(503), 20_000);
    await comeBack();
    expect(await replied(1)).toMatchObject({ text: 'One, two, three.' });
    const asked = model.requests.filter(({ messages }) =>
      JSON.stringify(messages).includes(question),
    );
    expect(asked).toHaveLength(1);
    await log.close();
  });
});
