import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createTestApi } from '../testing/api.ts';

test('closing does not wait for a connection over which nothing has been asked', async () => {
  const api = await createTestApi();
  const { hostname, port } = new URL(await api.listen());
  const silent = connect(Number(port), hostname);
  await once(silent, 'connect');
  const ended = once(silent, 'close');
  await api.app.close();
  await ended;
});

test('closing lets a request under way end', async () => {
  const reached = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<'sent'>();
  const api = await createTestApi();
  const { id } = await api.begin();
  api.gateway.message = async () => {
    reached.resolve();
    return answered.promise;
  };
  const url = `${await api.listen()}/v1/conversations/${id}/messages`;
  const headers = { 'content-type': 'application/json' };
  const asked = fetch(url, { method: 'POST', headers, body: JSON.stringify({ text: 'Hello' }) });
  await reached.promise;
  const closed = api.app.close();
  answered.resolve('sent');
  expect((await asked).status).toBe(202);
  await closed;
});
