/** The HTTP door: every route of the document that the service serves, so that a new route is tried without a word here. */
import { isDeepStrictEqual } from 'node:util';
import { Agent, request as ask } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { problemDocument } from '../../api/problems.ts';
import { storableValue } from '../../contract/storable.ts';
import { signPushToken } from '../../remote/push-token.ts';
import type { Store } from '../../store/store.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from '../kit/api.ts';
import { type Effort, holds } from './found.ts';
import { resolved, type Schema, textFor } from './schema-text.ts';

interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[];
  body?: Schema;
  /** By status. */
  answers: Record<string, Schema | undefined>;
}

interface Asked {
  operation: Operation;
  /** Raw, as it goes into the address. */
  path: Record<string, string>;
  query: [string, string][];
  headers: Record<string, string>;
  body?: Buffer;
}

/** @throws Error for the first thing that is not as it should be */
export async function fuzzHttp(store: Store, effort: Effort): Promise<number> {
  const api = await createTestApi({
    store,
    settings: {
      MEANWHILE_MAX_MESSAGE_BYTES: 60_000,
      MEANWHILE_MAX_RESULT_BYTES: 100_000,
      MEANWHILE_INLINE_RESULT_BYTES: 2_000,
    },
  });
  const ground = await prepare(api);
  try {
    const operations = operationsOf(api.app.swagger() as unknown as Document);
    // Most of what can go wrong comes in a body.
    const weighed = operations.map((each) => ({
      weight: each.body ? 4 : 1,
      arbitrary: asked(each),
    }));
    const input = fc.oneof(...weighed);
    const runs = await holds('HTTP', input, (one) => check(ground, one), effort);
    await checkHealth(ground);
    return runs;
  } finally {
    ground.agent.destroy();
    await api.app.close();
  }
}

interface Ground {
  api: TestApi;
  base: string;
  agent: Agent;
  /** A conversation that runs, and the token of a call of it. */
  id: string;
  call_id: string;
  token: string;
}

async function prepare(api: TestApi): Promise<Ground> {
  const { id } = await api.begin();
  const call_id = `call_${id.slice(-8).replaceAll(/[^\w]/g, '')}`;
  api.gateway.running.add(call_id);
  const claims = { tenant: 'default', conversation: id, call_id };
  const token = signPushToken(PUSH_SECRET, { ...claims, expires_at: Date.now() + 3_600_000 });
  const agent = new Agent({ keepAlive: true });
  return { api, base: await api.listen(), agent, id, call_id, token };
}

interface Document {
  paths: Record<string, Record<string, any>>;
  components: { schemas: Record<string, Schema> };
}

function operationsOf({ paths, components }: Document): Operation[] {
  const whole = (schema?: Schema) => schema && resolved(schema, components.schemas);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: whole(requestBody?.content['application/json'].schema),
      answers: Object.fromEntries(
        Object.entries<any>(responses).map(([status, { content }]) => [
          status,
          whole(content?.['application/json']?.schema),
        ]),
      ),
    })),
  );
}

/** Stands for what exists, which is known when it is asked. */
const KNOWN = '\u0001';

/** As they stand in an address. */
const ODD = [
  ...['', '%00', '%ff', '%ed%a0%80', '%F0%9F%98%80', '__proto__', 'constructor', '1e400', '-0'],
  ...[
    '0x10',
    '9007199254740993',
    '%20',
    '..',
    '%2e%2e%2f',
    '%25',
    'end',
    'x'.repeat(1_500),
    'null',
  ],
];

function asked(operation: Operation): fc.Arbitrary<Asked> {
  const of = (place: string) => operation.parameters.filter((each) => each.in === place);
  const value = ({ schema }: { schema: Schema }) =>
    textFor(schema).map((text) => encode(text.replace(/^"(.*)"$/s, '$1')));
  const odd = fc.constantFrom(...ODD);
  const path = of('path').map((parameter) =>
    fc
      .oneof(
        { weight: 6, arbitrary: fc.constant(KNOWN) },
        { weight: 1, arbitrary: value(parameter) },
        { weight: 1, arbitrary: odd },
      )
      .map((text) => [parameter.name, text] as const),
  );
  const query = of('query').map((parameter) =>
    fc
      .array(fc.oneof({ weight: 5, arbitrary: value(parameter) }, { weight: 1, arbitrary: odd }), {
        maxLength: 2,
      })
      .map((values) => values.map((text): [string, string] => [parameter.name, text])),
  );
  const headers = of('header').map((parameter) =>
    fc
      .option(fc.constantFrom('k', '1.0', '0', 'a b', '__proto__', 'x'.repeat(300)), { freq: 3 })
      .map((text) => (text === null ? [] : [[parameter.name, text] as const])),
  );
  const type = fc.oneof(
    { weight: 20, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('application/json; charset=latin1', 'text/plain', 'x', ''),
    },
  );
  const { body: schema } = operation;
  const body = schema ? bytes(textFor(schema)) : fc.option(bytes(textFor({})), { freq: 5 });
  return fc
    .record({
      path: fc.tuple(...path).map((all) => Object.fromEntries(all)),
      query: fc.tuple(...query).map((all) => all.flat()),
      headers: fc.tuple(...headers).map((all) => Object.fromEntries(all.flat())),
      type,
      body,
    })
    .map(({ type: contentType, body: sent, ...rest }) => ({
      ...rest,
      operation,
      ...(sent !== null && operation.method !== 'GET' && { body: sent }),
      headers: {
        ...rest.headers,
        ...(sent !== null && contentType && { 'content-type': contentType }),
      },
    }));
}

/** Mostly the text in UTF-8; sometimes with bytes in it that no text has, or cut off. */
const bytes = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 14, arbitrary: text.map((whole) => Buffer.from(whole)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.boolean())
        .map(([whole, place, odd, goesOn]) => {
          const sound = Buffer.from(whole);
          const at = place % (sound.length + 1);
          return Buffer.concat([
            sound.subarray(0, at),
            odd,
            goesOn ? sound.subarray(at) : Buffer.of(),
          ]);
        }),
    },
  );

const encode = (text: string) => encodeURIComponent(text.toWellFormed()).slice(0, 2_000);

async function check(ground: Ground, one: Asked): Promise<void> {
  ground.api.gateway.calls = [];
  const { status, type, body } = await send(ground, one);
  const answer = body.toString();
  const { answers } = one.operation;
  if (status >= 500) throw new Error(`${status}: ${answer}`);
  if (status >= 400) {
    if (type !== 'application/problem+json')
      throw new Error(`${status} is not a problem document: ${type}`);
    const problem = problemDocument.strict().parse(JSON.parse(answer));
    if (problem.status !== status) throw new Error(`${status} says that it is ${problem.status}.`);
    const isOfFramework = [400, 404, 413, 414, 415].includes(status);
    if (!(status in answers) && !isOfFramework) throw new Error(`${status} is not documented.`);
    return;
  }
  if (!(status in answers)) throw new Error(`${status} is not documented: ${answer}`);
  const schema = answers[String(status)];
  if (schema && type?.startsWith('application/json')) {
    const fits = ajv.compile(schema);
    if (!fits(JSON.parse(answer))) throw new Error(`${answer}: ${ajv.errorsText(fits.errors)}`);
  }
  await checkKept(ground, one, answer);
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });

/** What was taken is what was sent, as text that can be stored. */
async function checkKept({ api, id, call_id }: Ground, { operation, body }: Asked, answer: string) {
  if (body === undefined || body.length === 0) return;
  const sent = storableValue(JSON.parse(body.toString()));
  const told = api.gateway.calls.at(-1)?.payload as any;
  const same = (one: unknown, other: unknown) => {
    if (!isDeepStrictEqual(JSON.stringify(one), JSON.stringify(other))) {
      throw new Error(`${JSON.stringify(one)} became ${JSON.stringify(other)}`);
    }
  };
  switch (`${operation.method} ${operation.path}`) {
    case 'POST /v1/conversations': {
      const made = JSON.parse(answer);
      same(sent.metadata ?? {}, made.metadata);
      const read = await api.get(`/v1/conversations/${made.id}`);
      same(made.metadata, read.body.metadata);
      return;
    }
    case 'POST /v1/conversations/{id}/messages':
      return same(sent.text, told.text);
    case 'POST /v1/call-events/{token}': {
      if (told.stored === undefined) return same(sent.data, told.data);
      const which = { call_id, n: told.stored.n };
      const kept = await api.store.result({ tenant: 'default', id }, which);
      // Of a call that is complete twice, the first end stays.
      if (told.kind === 'done') return void JSON.parse(kept!);
      return same(sent.data, JSON.parse(kept!));
    }
  }
}

async function send({ base, agent, id, call_id, token }: Ground, one: Asked) {
  const known: Record<string, string> = { id, call_id, token, n: 'end' };
  const address = one.operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    one.path[name] === KNOWN ? known[name]! : one.path[name]!,
  );
  const query = one.query.map((pair) => pair.join('=')).join('&');
  const path = query === '' ? address : `${address}?${query}`;
  const url = new URL(base);
  return new Promise<{ status: number; type?: string; body: Buffer }>((resolve, reject) => {
    const { method } = one.operation;
    const { hostname, port } = url;
    const request = ask(
      { hostname, port, method, path, agent, headers: one.headers },
      (response) => {
        const status = response.statusCode!;
        const type = response.headers['content-type'];
        if (type?.startsWith('text/event-stream')) {
          // It would never end.
          request.destroy();
          return resolve({ status, type, body: Buffer.of() });
        }
        buffer(response).then((body) => resolve({ status, type, body }), reject);
      },
    );
    request.on('error', reject);
    request.end(one.body);
  });
}

/** After all of it the service answers, lists, and takes a conversation as ever. */
async function checkHealth({ api }: Ground): Promise<void> {
  const expectStatus = (status: number, answer: { status: number; body: unknown }) => {
    if (answer.status === status) return answer.body as any;
    throw new Error(`Afterwards: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  expectStatus(200, await api.get('/readyz'));
  const made = expectStatus(201, await api.post('/v1/conversations', { metadata: { a: 1 } }));
  expectStatus(202, await api.post(`/v1/conversations/${made.id}/messages`, { text: 'hello' }));
  expectStatus(200, await api.get(`/v1/conversations/${made.id}/entries`));
  for (let after = ''; ;) {
    const page = expectStatus(200, await api.get(`/v1/conversations?limit=100${after}`));
    if (page.next_after === undefined) break;
    after = `&after=${page.next_after}`;
  }
  if (Object.keys(Object.prototype).length > 0 || 'polluted' in {}) {
    throw new Error('A prototype was polluted.');
  }
}
