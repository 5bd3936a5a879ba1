/**
 * Tools of MCP servers. A program outside the worker talks to the server: the call goes on when the worker dies, and is found again by
 * the next one.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ToolBase } from './base.ts';
import type { CallContext, CallYield, LocalTool, UpstreamTool } from './define.ts';
import { attemptsIn } from './keeper/attempts.ts';
import { ProgramLost } from './keeper/lost.ts';
import { errorText, resultOf } from './mcp-content.ts';
import type { McpProgram } from './mcp-program.ts';
import {
  type McpOutcome,
  type McpCallRequest,
  readMcpFile,
  readPartial,
  writeMcpFile,
} from './mcp-spool.ts';

export interface McpTool extends ToolBase {
  server: string;
  /** The tool's name on its server. */
  upstream: string;
  /** The schema of its input, as the server wrote it. */
  schema: Record<string, unknown>;
  /** What else the server says of it. */
  said?: Omit<UpstreamTool, 'name' | 'schema'>;
  /** A call may be made again if its outcome was lost: its server says that this is harmless, or its owner does. */
  repeatable: boolean;
  /** Tell the model that a call was cut off when its worker died, in place of finding its program again. */
  failsWithWorker: boolean;
  program: McpProgram;
}

/** The server says that the call failed. */
class McpToolError extends Error {
  override name = 'ToolError';
}

class ServerUnavailable extends Error {
  override name = 'ServerUnavailable';
}

/** The tool may or may not have done its work. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown';
}

export function mcpTool(definition: McpTool): LocalTool {
  const { server, failsWithWorker, ...more } = definition;
  const { upstream, schema, said, repeatable: _r, program: _p, ...tool } = more;
  return {
    ...tool,
    server,
    upstream: { name: upstream, schema, ...said },
    keeps: true,
    ...(definition.program.isWarm && !failsWithWorker && { quick: true }),
    restart: failsWithWorker ? 'fail' : 'reattach',
    run: (input, call) => run(definition, input, call),
  };
}

async function* run(
  tool: McpTool,
  input: unknown,
  call: CallContext,
): AsyncGenerator<CallYield, unknown, void> {
  call.signal.throwIfAborted();
  const own = await call.folder();
  // Most calls have one attempt, and this costs no turn of the thread pool.
  let attempt = existsSync(folderOf(own, 1)) ? (await attemptsIn(own)).length : 0;
  for (;;) {
    const folder = folderOf(own, attempt);
    try {
      return yield* follow(tool, { input, call, folder, attempt });
    } catch (error) {
      const isLost = error instanceof OutcomeUnknown || isProgramLost(error);
      if (!isLost || call.signal.aborted) throw error;
      const task = await readMcpFile(folder, 'task.json');
      if (!(task || tool.repeatable) || attempt + 1 >= MOST_ATTEMPTS) throw asUnknown(error, tool);
      await tool.program.stop(folder);
      await sleep(PAUSE_MS * 2 ** attempt, undefined, { signal: call.signal });
      attempt += 1;
      const next = folderOf(own, attempt);
      await mkdir(next, { recursive: true, mode: 0o700 });
      if (task) await writeMcpFile(next, 'task.json', task);
    }
  }
}

/** How often a call is made whose outcome is lost each time. */
const MOST_ATTEMPTS = 4;
const PAUSE_MS = 500;

/** Later attempts have folders of their own: in each, a program is started at most once. */
const folderOf = (own: string, attempt: number) =>
  attempt === 0 ? own : join(own, `attempt-${attempt}`);

async function* follow(
  tool: McpTool,
  run: { input: unknown; call: CallContext; folder: string; attempt: number },
): AsyncGenerator<CallYield, unknown, void> {
  const { input, call, folder, attempt } = run;
  const told = readCheckpoint(call.checkpoint);
  let isOver = false;
  try {
    // Only in the folder of a further attempt is there a task before the call has begun.
    const task = attempt === 0 ? undefined : await readMcpFile(folder, 'task.json');
    const order = {
      folder,
      label: `${tool.name} (${call.id})`,
      request: { ...requestOf(tool, input, call), ...(task && { task: task.id }) },
      max_bytes: call.maxOutputBytes,
    };
    const { reports, outcome } = await tool.program.attach(order, call.signal);
    let percent = 0;
    for await (const { report, offset } of reports) {
      if (report.type === 'progress') percent = report.percent ?? percent;
      if (attempt < told.attempt || (attempt === told.attempt && offset <= told.offset)) continue;
      const checkpoint = { attempt, offset };
      if (report.type === 'progress') yield call.progress(percent, report.note, { checkpoint });
      else yield call.result(await readPartial(folder, report.n), { checkpoint });
    }
    call.signal.throwIfAborted();
    const end = await outcome();
    isOver = true;
    if (end?.type === 'returned') call.answered?.(end.result);
    return returned(tool, end);
  } finally {
    const goesOn = call.handsOver && !tool.failsWithWorker;
    if (!isOver && !goesOn) await tool.program.stop(folder);
  }
}

const requestOf = (
  { upstream, schema }: McpTool,
  input: unknown,
  { idempotency_key }: CallContext,
): McpCallRequest => ({ tool: upstream, input, schema, idempotency_key });

/** @throws OutcomeUnknown and other errors that say how the call ended */
export function returned(
  tool: Pick<McpTool, 'name' | 'server'>,
  outcome: McpOutcome | undefined,
): unknown {
  switch (outcome?.type) {
    case undefined:
      throw new OutcomeUnknown('The program that made the call ended before it had an answer.');
    case 'lost':
      throw new OutcomeUnknown(outcome.message);
    case 'unavailable':
      throw new ServerUnavailable(
        `The MCP server ${tool.server} cannot be reached, so ${tool.name} was not run. ${outcome.message}`,
      );
    case 'failed':
      throw Object.assign(new Error(outcome.message), { name: outcome.name });
    case 'returned':
      if (outcome.result.isError) throw new McpToolError(errorText(outcome.result));
      return resultOf(outcome.result, MOST_BINARY);
  }
}

/** Characters of base64. */
const MOST_BINARY = 8_000_000;

function isProgramLost(error: unknown): boolean {
  return error instanceof ProgramLost && ['KeeperLost', 'HostRestarted'].includes(error.name);
}

function asUnknown(error: unknown, { name, repeatable }: McpTool): Error {
  const advice = repeatable
    ? 'It was tried several times.'
    : 'It was not tried again, since that might do it twice.';
  return new OutcomeUnknown(
    `The outcome of ${name} is unknown: it may or may not have done its work. ${advice} ${(error as Error).message}`,
  );
}

/** @throws Error for a checkpoint that was not written by an MCP tool */
function readCheckpoint(checkpoint: unknown): { attempt: number; offset: number } {
  if (checkpoint === undefined) return { attempt: 0, offset: 0 };
  return z.object({ attempt: z.int().min(0), offset: z.int().min(0) }).parse(checkpoint);
}
