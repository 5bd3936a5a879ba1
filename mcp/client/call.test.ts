import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { performCall } from './call.ts';
import type { CallOptions } from './open.ts';
import { messageOf, outcomeOf } from './outcome.ts';
import type { McpConnection } from './connection.ts';
import { CONNECTION_LOST, LOST_MESSAGE } from './wire.ts';

const options = (callTool: (request: object, options: any) => Promise<unknown>): CallOptions => ({
  open: async () =>
    ({ client: { callTool }, stderr: () => '', close: async () => {} }) as unknown as McpConnection,
  tool: 'work',
  input: {},
  schema: { type: 'object', required: ['a'] },
  idempotency_key: 'meanwhile/default/call_1',
  token: 'call',
  signal: new AbortController().signal,
  onProgress() {},
  began: async () => {},
  withdrawn: async () => {},
});

test('a call that continues with its task does not report the last note again', async () => {
  const states = ['step 2', 'step 2', 'step 3'].map((statusMessage) => {
    return { status: 'working', statusMessage, pollIntervalMs: 50 };
  });
  const request = async () => states.shift() ?? { status: 'completed', result: { content: [] } };
  const said: unknown[] = [];
  const outcome = await performCall({
    ...options(async () => expect.fail('It is not called again.')),
    open: async () =>
      ({
        client: { request },
        era: { kind: 'modern' },
        stderr: () => '',
        close: async () => {},
      }) as unknown as McpConnection,
    task: 'task_1',
    said: 'step 2',
    onProgress: ({ message }) => void said.push(message),
  });
  expect(outcome).toMatchObject({ type: 'returned' });
  expect(said).toEqual(['step 3']);
});

test('dies-at-60s: no timeout of the SDK ends a call', async () => {
  let timeout = 0;
  await performCall(
    options(async (_, given) => {
      ({ timeout } = given);
      return { content: [] };
    }),
  );
  expect(timeout).toBeGreaterThan(24 * 3_600_000);
});

test('a call has its idempotency key, and no schema that could refuse its result', async () => {
  let sent: any;
  await performCall(
    options(async (request, given) => {
      sent = { ...request, definition: given.toolDefinition };
      return { content: [] };
    }),
  );
  expect(sent).toMatchObject({
    _meta: { progressToken: 'call', 'meanwhile/idempotency_key': 'meanwhile/default/call_1' },
    definition: { inputSchema: { required: ['a'] } },
  });
  expect(sent.definition).not.toHaveProperty('outputSchema');
});

const refused = Object.assign(new TypeError('fetch failed'), {
  cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
});
const http = (status: number) =>
  new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, `HTTP ${status}`, {
    status,
    statusText: '',
  });

test.each([
  ['no connection', refused, 'unavailable'],
  ['a connection that broke', new TypeError('terminated'), 'lost'],
  ['a server that ended', new SdkError(SdkErrorCode.ConnectionClosed, 'Connection closed'), 'lost'],
  ['a stream without an answer', new ProtocolError(CONNECTION_LOST, LOST_MESSAGE), 'lost'],
  ['a timeout', new SdkError(SdkErrorCode.RequestTimeout, 'Request timed out'), 'lost'],
  ['a gateway that gave up', http(504), 'lost'],
  ['a server in trouble', http(500), 'lost'],
  ['a refused request', http(403), 'failed'],
  ['an error of the server', new ProtocolError(-32_602, 'no such tool'), 'failed'],
  ['an answer that is not a result', new SdkError(SdkErrorCode.InvalidResult, 'odd'), 'failed'],
])('the failure says whether the call may have run: %s', (_, error, type) => {
  expect(outcomeOf(error, '')).toMatchObject({ type });
});

test('a server that asks for input has an error of its own', () => {
  const error = new ProtocolError(-32_021, 'elicitation is needed');
  expect(outcomeOf(error, '')).toMatchObject({ type: 'failed', name: 'InputRequired' });
});

test('the last output of the server and the cause of a failed request are kept', () => {
  expect(outcomeOf(new TypeError('terminated'), 'out of luck')).toEqual({
    type: 'lost',
    message: 'terminated\nThe server wrote to stderr:\nout of luck',
  });
  expect(messageOf(refused)).toBe('fetch failed: connect ECONNREFUSED');
});
