/** A call that asks a person is cancelled while nothing of it runs in the worker: its server has to hear of it all the same. */
import { mkdir } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callContext } from '../test/kit/call-context.ts';
import type { CallContext } from './define.ts';
import { mcpTool } from './mcp.ts';
import type { McpOrder, McpProgram } from './mcp-program.ts';
import { type McpOutcome, type McpReport, writeMcpFile } from './mcp-spool.ts';

const question = { message: 'Which branch?', schema: { type: 'object' } };
const asks: McpOutcome = { type: 'asks', questions: { branch: question }, task: 'task_1' };

let orders: McpOrder[];
let stopped: string[];
let call: CallContext;
beforeEach(() => {
  orders = [];
  stopped = [];
  call = callContext({ resumes: { question_id: '0-1', stops: true } });
});

/** @param found what a call that is found again reports, and how it ended */
function program(found: { reports?: McpReport[]; outcome?: McpOutcome }): McpProgram {
  return {
    isWarm: true,
    async attach(order) {
      orders.push(order);
      return {
        reports: (async function* () {
          if (order.request.cancels) return;
          for (const [offset, report] of (found.reports ?? []).entries()) yield { report, offset };
        })(),
        outcome: async () => (order.request.cancels ? undefined : found.outcome),
      };
    },
    async stop(folder) {
      stopped.push(folder);
    },
  };
}

async function stop(found: Parameters<typeof program>[0]): Promise<string> {
  const folder = await call.folder();
  await mkdir(folder, { recursive: true });
  const tool = mcpTool({
    ...{ name: 'test__asks', description: 'Asks.', input: z.object({}), server: 'test' },
    ...{ upstream: 'asks', schema: {}, repeatable: false, failsWithWorker: false },
    program: program(found),
  });
  const running = tool.run({}, call) as AsyncGenerator;
  expect(await running.next()).toMatchObject({ done: true });
  return folder;
}

describe('a call that asks and is cancelled', () => {
  test('has its task cancelled, if its program has answered and not yet written what', async () => {
    await writeMcpFile(await call.folder(), 'begun.json', { host: '/host' });
    const folder = await stop({ outcome: asks });
    const [found, cancels] = orders;
    expect(orders).toHaveLength(2);
    expect(found).toMatchObject({ folder });
    expect(found!.request).not.toHaveProperty('cancels');
    expect(cancels!.folder).not.toBe(folder);
    expect(cancels!.request).toMatchObject({ task: 'task_1', cancels: true });
    expect(stopped).toEqual([]);
  });

  test('has its task cancelled, if what it asks is written', async () => {
    await writeMcpFile(await call.folder(), 'outcome.json', asks);
    await stop({});
    expect(orders).toMatchObject([{ request: { task: 'task_1', cancels: true } }]);
    expect(stopped).toEqual([]);
  });

  test('is stopped, if it waits for the answer on its connection', async () => {
    await writeMcpFile(await call.folder(), 'begun.json', { host: '/host' });
    const report: McpReport = { type: 'asks', key: 'branch', question: question };
    const folder = await stop({ reports: [report] });
    expect(orders).toHaveLength(1);
    expect(stopped).toEqual([folder]);
  });

  test('is prevented, if it has not begun', async () => {
    const folder = await stop({});
    expect(orders).toEqual([]);
    expect(stopped).toEqual([folder]);
  });
});
