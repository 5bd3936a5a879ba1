import { expect, onTestFinished, test, vi } from 'vitest';
import { startHttpServer } from '../test/kit/http-server.ts';
import { explain } from './explain.ts';

test('explain calls a service that listens on every address at localhost', async () => {
  const server = await startHttpServer((response) => response.end('{"turns":[]}'));
  onTestFinished(() => server.close());
  const log = vi.spyOn(console, 'log').mockReturnValue();
  onTestFinished(() => log.mockRestore());
  const PORT = Number(new URL(server.url).port);
  await explain({ HOST: '::', PORT, MEANWHILE_API_KEY: undefined }, 'conv_1');
  expect(log.mock.calls).toEqual([['Nothing has been said yet.']]);
});
