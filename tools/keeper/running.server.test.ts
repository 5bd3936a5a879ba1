/** Which programs of calls are listed as running. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createHost } from '../../test/kit/spools.ts';
import { identify } from '../process-identity.ts';
import { runningIn } from './running.ts';
import { spoolName } from './spools.ts';
import { writeSpool } from './spool.ts';

test('the programs of all tenants are listed, and those that are not of a call are not', async () => {
  const { root } = createHost();
  const alive = (await identify(process.pid))!;
  const keep = async (name: string, label: string) => {
    const folder = join(root, name);
    await mkdir(folder, { recursive: true });
    await writeSpool(folder, 'command.json', { label, argv: ['work'], grace_ms: 0, max_bytes: 1 });
    await writeSpool(folder, 'keeper.json', alive);
  };
  await keep(spoolName({ tenant: 'default' }, 'call_1'), 'work (call_1)');
  await keep(spoolName({ tenant: 'acme' }, 'call_2'), 'work (call_2)');
  await keep('mcp-0123456789abcdef-1', 'The MCP server test');
  const labels = await runningIn(root);
  expect(labels.toSorted()).toEqual(['work (call_1)', 'work (call_2)']);
});
