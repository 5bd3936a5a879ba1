/** The program of a call is lost, and another one follows the task that the server has made of it. */
import { mkdir } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { callContext } from '../test/kit/call-context.ts';
import type { CallYield } from './define.ts';
import { mcpTool } from './mcp.ts';
import type { McpOrder, McpProgram } from './mcp-program.ts';
import * as spool from './mcp-spool.ts';
import type { McpOutcome, McpReport } from './mcp-spool.ts';

vi.mock(import('./mcp-spool.ts'), async (original) => {
  const real = await original();
  return { ...real, writeMcpFile: vi.fn<typeof real.writeMcpFile>(real.writeMcpFile) };
});

const lost: McpOutcome = { type: 'lost', message: 'Killed.' };
const done: McpOutcome = { type: 'returned', result: { content: [] } };

/** @param attempts what the program of each of them reports, and how it ends */
function play(...attempts: { reports?: McpReport[]; outcome: McpOutcome }[]) {
  const orders: McpOrder[] = [];
  const program: McpProgram = {
    async attach(order) {
      orders.push(order);
      const nth = Number(/attempt-(\d+)$/.exec(order.folder)?.[1] ?? 0);
      const { reports = [], outcome } = attempts[nth]!;
      return {
        reports: (async function* () {
          for (const [offset, report] of reports.entries()) yield { report, offset: offset + 1 };
        })(),
        outcome: async () => outcome,
      };
    },
    async stop() {},
  };
  const tool = mcpTool({
    ...{ name: 'test__bakes', description: 'Bakes.', input: z.object({}), server: 'test' },
    ...{ upstream: 'bakes', schema: {}, repeatable: false, failsWithWorker: false, program },
  });
  const call = callContext();
  return {
    orders,
    async begins() {
      await mkdir(await call.folder(), { recursive: true });
      await spool.writeMcpFile(await call.folder(), 'task.json', { id: 'task_1' });
    },
    async run() {
      const told: unknown[] = [];
      for await (const step of tool.run({}, call) as AsyncGenerator<CallYield>) {
        if (step.type === 'progress') told.push([step.percent, step.note]);
      }
      return told;
    },
  };
}

const progress = (note: string, percent?: number): McpReport => ({
  type: 'progress',
  note,
  ...(percent !== undefined && { percent }),
});

test('the next program knows what was reported last, and goes on from there', async () => {
  const call = play(
    { reports: [progress('step 1', 25), progress('step 2')], outcome: lost },
    { outcome: lost },
    { reports: [progress('step 3')], outcome: done },
  );
  await call.begins();
  expect(await call.run()).toEqual([
    [25, 'step 1'],
    [25, 'step 2'],
    [25, 'step 3'],
  ]);
  const wanted = { task: 'task_1', said: 'step 2' };
  expect(call.orders.map(({ request }) => request)).toMatchObject([{}, wanted, wanted]);
  expect(call.orders[0]!.request).not.toHaveProperty('task');
});

test('a worker that is killed while it prepares the next attempt has not begun it: the call is not made again', async () => {
  const call = play({ outcome: lost }, { outcome: done });
  await call.begins();
  vi.mocked(spool.writeMcpFile).mockRejectedValueOnce(new Error('Killed here.'));
  await expect(call.run()).rejects.toThrow('Killed here.');
  await call.run();
  expect(call.orders.at(-1)!.request).toMatchObject({ task: 'task_1' });
});
