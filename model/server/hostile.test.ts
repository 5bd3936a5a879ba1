import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { all, never, request } from '../../test/kit/model-request.ts';
import { createModelClient } from '../client.ts';
import { toFailure } from '../errors.ts';

const deep = '['.repeat(20_000) + ']'.repeat(20_000);
const DEEP = 'is nested deeper than 100 levels.';
const long = 'x'.repeat(20_500_000);
const LONG = 'sent more than 20000000 characters at once.';
const announced = (nth: number) =>
  `data: {"choices":[{"delta":{"tool_calls":[{"index":${nth},"function":{"name":"look"}}]}}]}\n\n` +
  `data: {"type":"response.output_item.added","output_index":${nth},"item":{"type":"function_call","id":"c${nth}"}}\n\n`;
const many = Array.from({ length: 20_000 }, (_, nth) => announced(nth)).join('');

describe.each(['chat', 'responses'] as const)('over the %s API', (api) => {
  test.each([
    ['a nested event', 200, `data: {"choices":[{"delta":{"x":${deep}}}]}\n\n`, DEEP],
    ['a nested error', 200, `data: {"error":{"details":${deep}}}\n\n`, DEEP],
    ['a nested complete answer', 200, `{"output":${deep},"choices":${deep}}`, DEEP],
    ['a nested reason', 400, `{"error":{"message":"No.","details":${deep}}}`, DEEP],
    ['a reason that is an endless list', 400, deep, DEEP],
    ['an endless event', 200, `data: ${long}`, LONG],
    ['an endless complete answer', 200, `{"choices": ["${long}"]}`, LONG],
    ['an endless number of calls', 200, `${many}data: [DONE]\n\n`, '2000'],
  ])('%s ends the answer with an error that says so', async (_what, status, body, word) => {
    const server = createServer((asked, response) => {
      asked.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const client = createModelClient({ api, baseURL });
    const failure = await all(client.stream(request, never)).then(
      () => expect.fail('It did not fail.'),
      (error: unknown) => toFailure(error),
    );
    expect(failure.type).toBe(status === 200 ? 'ModelBrokenAnswer' : 'ModelRequestRefused');
    expect(failure.message).toContain(word);
  });
});
