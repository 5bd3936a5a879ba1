/** Calls whose program was lost, and whose task is followed by another program. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { callContext } from '../test/kit/call-context.ts';
import type { CallYield } from './define.ts';
import { mcpTool } from './mcp.ts';
import type { McpOrder, McpProgram } from './mcp-program.ts';
import { type McpOutcome, type McpReport, writeMcpFile } from './mcp-spool.ts';

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
    folder: () => call.folder(),
    async begins() {
      await mkdir(await call.folder(), { recursive: true });
      await writeMcpFile(await call.folder(), 'task.json', { id: 'task_1' });
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

test('the next program is given the last note, and continues with the last percentage', async () => {
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

test('an attempt whose worker was killed while it prepared the folder does not make the call again', async () => {
  const call = play({ outcome: lost }, { outcome: done });
  await call.begins();
  // Where the file of the task has to be written, a folder is in the way.
  const inTheWay = join(await call.folder(), 'attempt-1.new/task.json');
  await mkdir(inTheWay, { recursive: true });
  await expect(call.run()).rejects.toThrow('task.json');
  await rm(inTheWay, { recursive: true });
  await call.run();
  expect(call.orders.at(-1)!.request).toMatchObject({ task: 'task_1' });
});
