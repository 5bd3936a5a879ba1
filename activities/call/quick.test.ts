import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { QuickCall } from '../../contract/quick.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { createHost } from '../../test/kit/spools.ts';
import type { CallContext, LocalTool } from '../../tools/define.ts';
import { claimMcpFile } from '../../tools/mcp-spool.ts';
import { createQuickRunner } from './quick.ts';

const QUICK: QuickCall = {
  conversation: { tenant: 'default', id: 'conv_1' },
  agent: 'client:test',
  call: { call_id: 'call_1', tool: 'play', input: { words: 'hi' } },
};
const stop = new AbortController().signal;

function rig(run: LocalTool['run'], more: Partial<LocalTool> = {}) {
  const tool: LocalTool = {
    name: 'play',
    description: 'Plays.',
    input: z.object({ words: z.string() }),
    results: { min: 1, max: 'many' },
    quick: true,
    keeps: true,
    restart: 'reattach',
    run,
    ...more,
  };
  const spools = createHost();
  const runner = createQuickRunner({
    catalogue: { tools: new Map([['play', tool]]), agents: new Map() },
    bus: { publish: () => {} },
    store: createMemoryStore(),
    settings: {
      MEANWHILE_MAX_RESULT_BYTES: 1_000,
      MEANWHILE_INLINE_RESULT_BYTES: 100,
      MEANWHILE_MAX_OUTPUT_BYTES: 1_000,
      MEANWHILE_MAX_RUNNING_PER_TENANT: undefined,
    },
    spools,
    spoolRoot: spools.root,
    alone: true,
    warn() {},
  });
  const perform = (grace_ms = 10_000) => runner.run(QUICK, { grace_ms, stop });
  return { runner, run: perform, folder: join(spools.root, 'call_1') };
}

test('a call that ends within its time has the end that any call has', async () => {
  const { run, runner } = rig(async ({ words }) => ({ said: words }));
  const end = { type: 'completed', result: { said: 'hi' } };
  expect(await run()).toEqual({ type: 'ended', end, isRepeat: false });
  expect(await runner.unrecorded(), 'until its conversation has heard of it').toEqual([QUICK]);
  await runner.recorded(QUICK);
  expect(await runner.unrecorded()).toEqual([]);
});

test('a failure, and a large result, are those of any call', async () => {
  const failing = rig(async () => {
    throw new Error('The disk is full.');
  });
  expect(await failing.run()).toMatchObject({
    end: { type: 'failed', error: { type: 'ToolError', message: 'The disk is full.' } },
  });
  const large = rig(async () => 'x'.repeat(500));
  expect(await large.run()).toMatchObject({
    end: { type: 'completed', result: null, stored: { n: 'end', bytes: 502 } },
  });
});

test('a call that takes longer is left running for its workflow', async () => {
  let handsOver: boolean | undefined;
  const { run, runner } = rig(async (_: unknown, call: CallContext) => {
    await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
    ({ handsOver } = call);
    throw call.signal.reason;
  });
  expect(await run(5)).toEqual({ type: 'goes_on' });
  expect(handsOver).toBe(true);
  expect(await runner.unrecorded()).toEqual([QUICK]);
});

test('a call that is stopped has its tool end what it began', async () => {
  const withdraw = vi.fn(async () => {});
  const never = async (_: unknown, { signal }: CallContext) => {
    await once(signal, 'abort');
    throw signal.reason;
  };
  const { run, runner, folder } = rig(never, { withdraw });
  expect(await run(1)).toEqual({ type: 'goes_on' });
  await runner.stop(QUICK);
  expect(withdraw).toHaveBeenCalledWith(
    expect.objectContaining({ id: 'call_1', input: QUICK.call.input, folder }),
  );
});

test('a partial result is reported by the workflow', async () => {
  const { run } = rig(async function* (_: unknown, call: CallContext) {
    yield call.result('first');
    await new Promise(() => {});
  });
  expect(await run()).toEqual({ type: 'goes_on' });
});

test('a call that began before is followed, as a repeat', async () => {
  const { run } = rig(async () => 'known');
  await run();
  expect(await run()).toMatchObject({ type: 'ended', isRepeat: true });
});

test('a call that its conversation already knows is a repeat as well', async () => {
  const { run, runner, folder } = rig(async () => {
    claimMcpFile(folder, 'begun.json', { host: 'somewhere' });
    return 'known';
  });
  expect(await run()).toMatchObject({ isRepeat: false });
  await runner.recorded(QUICK);
  expect(await run()).toMatchObject({ isRepeat: true });
});

test.each([
  ['is not of a server with a warm process', { quick: undefined }],
  ['has a limit across conversations', { max_running: 1 }],
])('a call whose tool %s begins in its workflow', async (_, more) => {
  const { run } = rig(async () => 'never', more);
  expect(await run()).toEqual({ type: 'not_quick' });
});
