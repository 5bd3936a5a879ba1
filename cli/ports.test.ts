import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { listenError, PortInUse, usualOrFreePort, whyNotFree } from './ports.ts';

const host = '127.0.0.1';
let server: Server | undefined;
afterEach(() => void server?.close());

test('the usual port is used while it is free, however often it is requested', async () => {
  const usual = await usualOrFreePort('it', { usual: 0, host, log: () => {} });
  const silent = (line: string) => {
    throw new Error(line);
  };
  expect(await usualOrFreePort('it', { usual, host, log: silent })).toBe(usual);
  expect(await usualOrFreePort('it', { usual, host, log: silent })).toBe(usual);
});

test('a port in use is replaced by the next free one, which is reported', async () => {
  const usual = await occupy();
  const lines: string[] = [];
  const port = await usualOrFreePort('The thing', { usual, host, log: (l) => lines.push(l) });
  expect(port).toBeGreaterThan(usual);
  expect(lines).toEqual([`Port ${usual} is in use: The thing uses port ${port} instead.`]);
});

test('a free port lies outside the range of outgoing connections', async () => {
  const port = await usualOrFreePort('it', { usual: 0, host, log: () => {} });
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(30_000);
});

test('a listen error names its reason and the setting to change', async () => {
  const port = await occupy();
  const error = listenError((await whyNotFree(port, host))!, port, host);
  expect(error).toBeInstanceOf(PortInUse);
  expect(error.message).toBe(`Port ${port} on 127.0.0.1 is in use. Set PORT to another one.`);

  const elsewhere = await whyNotFree(0, '192.0.2.1');
  expect(listenError(elsewhere!, 0, '192.0.2.1').message).toMatch(
    /^192\.0\.2\.1 is not an address .* Set HOST/,
  );
  expect(await whyNotFree(0, host)).toBeUndefined();
});

async function occupy(): Promise<number> {
  const port = await usualOrFreePort('it', { usual: 0, host, log: () => {} });
  server = createServer();
  await new Promise<void>((done) => server!.listen(port, host, done));
  return (server.address() as AddressInfo).port;
}
