/** The HTTP door: every route of the document that the service serves, so that a new route is tried without a word here. */
import { isDeepStrictEqual } from 'node:util';
import { Agent, request as ask } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { problemDocument } from '../../api/problems.ts';
import { storableValue } from '../../contract/storable.ts';
import { signPushToken } from '../../security/remote/push-token.ts';
import type { Store } from '../../store/store.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from '../kit/api.ts';
import { type Effort, holds } from './found.ts';
import { type FuzzedRequest, asked, type Document, KNOWN, operationsOf } from './http-requests.ts';

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

interface FuzzedService {
  api: TestApi;
  base: string;
  agent: Agent;
  /** A conversation that runs, and the token of a call of it. */
  id: string;
  call_id: string;
  token: string;
}

async function prepare(api: TestApi): Promise<FuzzedService> {
  const { id } = await api.begin();
  const call_id = `call_${id.slice(-8).replaceAll(/[^\w]/g, '')}`;
  api.gateway.running.add(call_id);
  const claims = { tenant: 'default', conversation: id, call_id };
  const token = signPushToken(PUSH_SECRET, { ...claims, expires_at: Date.now() + 3_600_000 });
  const agent = new Agent({ keepAlive: true });
  return { api, base: await api.listen(), agent, id, call_id, token };
}

async function check(ground: FuzzedService, one: FuzzedRequest): Promise<void> {
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

/** Checks that the service kept what was sent, as text that can be stored. */
async function checkKept(
  { api, id, call_id }: FuzzedService,
  { operation, body }: FuzzedRequest,
  answer: string,
) {
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
      // If a call is completed twice, the first end stays.
      if (told.kind === 'done') return void JSON.parse(kept!);
      return same(sent.data, JSON.parse(kept!));
    }
  }
}

async function send({ base, agent, id, call_id, token }: FuzzedService, one: FuzzedRequest) {
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
    // Node would send the body of a DELETE without saying how long it is.
    const length = one.body && { 'content-length': one.body.length };
    const request = ask(
      { hostname, port, method, path, agent, headers: { ...one.headers, ...length } },
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
async function checkHealth({ api }: FuzzedService): Promise<void> {
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
