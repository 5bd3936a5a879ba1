import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connect, RefusedCall } from './json-rpc.ts';
import { startSocket } from '../../test/kit/web-socket.ts';

test('a message that is not JSON is ignored, and the call gets its answer', async () => {
  const uncaught = vi.fn();
  process.on('uncaughtException', uncaught);
  onTestFinished(() => void process.off('uncaughtException', uncaught));
  const server = await startSocket((text) => {
    const { id } = JSON.parse(text) as { id: number };
    return ['not JSON', 'null', '7', JSON.stringify({ id, result: 'yes' })];
  });
  onTestFinished(() => server.close());
  const rpc = await connect(server.url, AbortSignal.timeout(20_000));
  expect(await rpc.call('ask', {})).toBe('yes');
  await nextTurn();
  expect(uncaught).not.toHaveBeenCalled();
  rpc.close();
});

test('a refusal is told from a result', async () => {
  const server = await startSocket((text) => {
    const { id } = JSON.parse(text) as { id: number };
    return [JSON.stringify({ id, error: { message: 'no such thread' } })];
  });
  onTestFinished(() => server.close());
  const rpc = await connect(server.url, AbortSignal.timeout(20_000));
  await expect(rpc.call('ask', {})).rejects.toThrow(new RefusedCall('no such thread'));
  rpc.close();
});
