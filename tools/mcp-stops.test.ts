/** Calls that are cancelled while the worker runs nothing for them, such as while they ask a person: the server is notified too. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callContext } from '../test/kit/call-context.ts';
import type { CallContext } from './define.ts';
import { mcpTool } from './mcp.ts';
import type { McpOrder, McpProgram } from './mcp-program.ts';
import { attemptFolder } from './mcp-order.ts';
import { type McpFiles, type McpOutcome, type McpReport, writeMcpFile } from './mcp-spool.ts';

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

const toolOf = (making: McpProgram) =>
  mcpTool({
    ...{ name: 'test__asks', description: 'Asks.', input: z.object({}), server: 'test' },
    ...{ upstream: 'asks', schema: {}, repeatable: false, failsWithWorker: false },
    program: making,
  });

async function stop(found: Parameters<typeof program>[0]): Promise<string> {
  const folder = await call.folder();
  await mkdir(folder, { recursive: true });
  const running = toolOf(program(found)).run({}, call) as AsyncGenerator;
  expect(await running.next()).toMatchObject({ done: true });
  return folder;
}

/** @param files what attempts have left in their folders */
async function withdraws(...files: [number, keyof McpFiles, object][]): Promise<string> {
  const folder = await call.folder();
  for (const [attempt, name, content] of files) {
    const of = attemptFolder(folder, attempt);
    await mkdir(of, { recursive: true });
    await writeMcpFile(of, name, content as never);
  }
  await toolOf(program({})).withdraw!({ ...call, input: {}, folder });
  return folder;
}
const task = { id: 'task_1' };

describe('a call that is over without a result', () => {
  test('has its task cancelled by a request of its own', async () => {
    const folder = await withdraws([0, 'task.json', task]);
    expect(orders).toMatchObject([
      { folder: join(folder, 'attempt-1'), request: { task: 'task_1', cancels: true } },
    ]);
    expect(stopped).toEqual([folder]);
  });

  test('has the task of its last attempt cancelled, though its outcome is unknown', async () => {
    const folder = await withdraws(
      [0, 'task.json', { id: 'task_0' }],
      [1, 'task.json', task],
      [1, 'outcome.json', { type: 'lost', message: 'Killed.' }],
    );
    expect(orders).toMatchObject([
      { folder: join(folder, 'attempt-2'), request: { task: 'task_1', cancels: true } },
    ]);
  });

  test('has its task cancelled, if it waits for an answer that is not coming', async () => {
    await withdraws([0, 'outcome.json', asks]);
    expect(orders).toMatchObject([{ request: { task: 'task_1', cancels: true } }]);
  });

  test.each<[string, [number, keyof McpFiles, object][]]>([
    ['has no task', []],
    [
      'has told its server',
      [
        [0, 'task.json', task],
        [1, 'withdrawn.json', {}],
      ],
    ],
    [
      'has an outcome',
      [
        [0, 'task.json', task],
        [0, 'outcome.json', { type: 'failed', name: 'ServerError', message: 'No.' }],
      ],
    ],
  ])('and %s asks for nothing', async (_, files) => {
    await withdraws(...files);
    expect([orders, stopped]).toEqual([[], []]);
  });
});

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
