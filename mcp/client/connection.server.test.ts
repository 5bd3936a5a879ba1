import { expect, test } from 'vitest';
import { testServer } from '../../test/kit/mcp/servers.ts';
import { connect } from './connection.ts';

test.each(['modern', 'legacy'] as const)(
  '200 calls with progress over stdio, era %s: none is lost',
  async (era) => {
    const found = await connect(testServer(), { allowPrivateUrls: true, timeout_ms: 30_000 });
    await found.close();
    let notifications = 0;
    const { client, close } = await connect(testServer(), {
      allowPrivateUrls: true,
      timeout_ms: 30_000,
      era: era === 'modern' ? found.era : { kind: 'legacy' },
      onProgress: () => (notifications += 1),
    });
    expect(client.getProtocolEra()).toBe(era);
    for (let call = 1; call <= 200; call += 1) {
      const meta = { progressToken: `call ${call}` };
      await client.callTool({ name: 'steps', arguments: { count: 4 }, _meta: meta });
      // All progress has arrived by the time of the result.
      expect(notifications).toBe(4 * call);
    }
    await close();
  },
);

test('a server of the old era that exits on an unknown request is reached with the old protocol', async () => {
  const answers = {
    initialize: {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'old', version: '1' },
    },
    'tools/list': { tools: [] },
  };
  const program = `
    const answers = ${JSON.stringify(answers)};
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line);
      if (id === undefined) return;
      if (!answers[method]) process.exit(1);
      console.log('This is not a message.');
      console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }));
    });`;
  const server = { ...testServer(), args: ['-e', program] };
  const { client, era, close } = await connect(server, {
    allowPrivateUrls: true,
    timeout_ms: 30_000,
  });
  expect(era).toEqual({ kind: 'legacy' });
  expect(await client.listTools()).toMatchObject({ tools: [] });
  await close();
});

test('a server that cannot be started says why', async () => {
  const server = {
    ...testServer(),
    args: ['-e', 'console.error("no such licence"); process.exit(3)'],
  };
  for (const era of [undefined, { kind: 'legacy' } as const]) {
    const connecting = connect(server, { allowPrivateUrls: true, timeout_ms: 30_000, era });
    await expect(connecting).rejects.toThrow(/no such licence/);
  }
});

test('a private address is refused before anything is sent', async () => {
  const connecting = connect(
    { type: 'http', url: 'http://127.0.0.1:9/mcp', headers: {} },
    { allowPrivateUrls: false, timeout_ms: 5_000 },
  );
  const error = await connecting.catch((thrown: Error) => thrown);
  expect(String((error as Error).cause ?? error)).toMatch(/private, local or reserved/);
});
