import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { NativeConnection } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LIMITS } from '../test/kit/story.ts';
import { GatewayUnavailable } from './gateway.ts';
import { createTemporalGateway, type TemporalGateway } from './temporal-gateway.ts';

const one = { tenant: 'default', id: 'conv_1' };
const message = { message_id: 'msg_1', text: 'Hello' };
let gateway: TemporalGateway;

/** An address with no listener. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

beforeEach(async () => {
  const address = await nowhere();
  const connect = () => NativeConnection.connect({ address });
  gateway = createTemporalGateway({ connect, namespace: 'default', deadline_ms: 50 });
});
afterEach(() => gateway.disconnect());

test.each<[string, () => Promise<unknown>]>([
  ['start', () => gateway.start({ conversation: one, agent: 'default', limits: LIMITS })],
  ['start', () => gateway.start({ conversation: one, agent: 'default', limits: LIMITS }, message)],
  ['message', () => gateway.message(one, message)],
  ['messageIfIdle', () => gateway.messageIfIdle(one, message)],
  ['interrupt', () => gateway.interrupt(one, { scope: 'all' })],
  ['cancelCall', () => gateway.cancelCall(one, { call_id: 'call_1' })],
  ['close', () => gateway.close(one, {})],
  ['ready', () => gateway.ready()],
])('without a server, %s fails as unavailable within its deadline', async (_, call) => {
  await expect(call()).rejects.toBeInstanceOf(GatewayUnavailable);
});
