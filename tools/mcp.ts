/**
 * Tools of MCP servers. A program outside the worker calls the server, so that a call outlives its worker. The next worker continues to
 * follow it.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ToolBase } from './base.ts';
import type { CallContext, CallYield, LocalTool, UpstreamTool } from './define.ts';
import { attemptsIn } from './keeper/attempts.ts';
import { ProgramLost } from './keeper/lost.ts';
import { errorText, resultOf } from './mcp-content.ts';
import { ask, askAll, type AskingPlace, takeAnswer } from './mcp-asking.ts';
import { attemptFolder, type McpCallee, openAttempt, orderOf } from './mcp-order.ts';
import { type McpOutcome, type McpReport, readMcpFile, readPartial } from './mcp-spool.ts';
import { stopAsking, withdraw } from './mcp-stops.ts';

export interface McpTool extends ToolBase, McpCallee {
  server: string;
  /** The rest of the server's declaration. */
  said?: Omit<UpstreamTool, 'name' | 'schema'>;
  /** A call whose outcome was lost may be repeated: the hints of the server or the settings declare that harmless. */
  repeatable: boolean;
  /** A call fails when its worker is lost; its program is not followed by the next one. */
  failsWithWorker: boolean;
}

/** The result of the server says that the call failed (`isError`). */
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
  const { upstream, schema, said, asTask: _a, repeatable: _r, program: _p, ...tool } = more;
  return {
    ...tool,
    server,
    upstream: { name: upstream, schema, ...said },
    keeps: true,
    ...(definition.program.isWarm && !failsWithWorker && { quick: true }),
    restart: failsWithWorker ? 'fail' : 'reattach',
    run: (input, call) => run(definition, input, call),
    withdraw: (call) => withdraw(definition, call),
  };
}

async function* run(
  tool: McpTool,
  input: unknown,
  call: CallContext,
): AsyncGenerator<CallYield, unknown, void> {
  call.signal.throwIfAborted();
  const own = await call.folder();
  const at = (attempt: number) => attemptFolder(own, attempt);
  await takeAnswer(call, at);
  // Most calls have one attempt. The synchronous check saves them a read of the folder.
  let attempt = existsSync(at(1)) ? (await attemptsIn(own)).length : 0;
  if (call.resumes?.stops) return stopAsking(tool, { input, call, at, attempt });
  for (;;) {
    const folder = at(attempt);
    const next = at(attempt + 1);
    const place: AskingPlace = { call, folder, attempt, told: { percent: 0 } };
    try {
      const over = yield* follow(tool, place, { input, next });
      if (over !== GOES_ON) return over;
      attempt += 1;
      if (attempt > MOST_ROUNDS) throw new Error('The server has asked too many questions.');
    } catch (error) {
      const isLost = error instanceof OutcomeUnknown || isProgramLost(error);
      if (!isLost || call.signal.aborted) throw error;
      const task = await readMcpFile(folder, 'task.json');
      const answers = await readMcpFile(folder, 'answers.json');
      const tries = attempt + 1 - (answers?.round ?? 0);
      if (!(task || tool.repeatable) || tries >= MOST_ATTEMPTS) throw asUnknown(error, tool);
      await tool.program.stop(folder);
      await sleep(PAUSE_MS * 2 ** (tries - 1), undefined, { signal: call.signal });
      attempt += 1;
      await openAttempt(next, {
        ...(answers && { 'answers.json': answers }),
        ...(task && { 'task.json': { id: task.id, told: place.told } }),
      });
    }
  }
}

/** How often a call is made if its outcome is lost each time. */
const MOST_ATTEMPTS = 4;
const PAUSE_MS = 500;
/** How often a server may ask for more in one call. */
const MOST_ROUNDS = 100;
/** All questions were answered, and the call continues with another attempt. */
const GOES_ON = Symbol('goes on');

async function* follow(
  tool: McpTool,
  place: AskingPlace,
  { input, next }: { input: unknown; next: string },
): AsyncGenerator<CallYield, unknown, void> {
  const { call, folder, attempt } = place;
  const reported = readCheckpoint(call.checkpoint);
  let isOver = false;
  let isAsking = false;
  try {
    // Only the folder of a further attempt has these files before the attempt begins.
    const task = attempt === 0 ? undefined : await readMcpFile(folder, 'task.json');
    const answers = attempt === 0 ? undefined : await readMcpFile(folder, 'answers.json');
    if (task?.told) place.told = { ...task.told };
    const { told } = place;
    const order = orderOf(
      tool,
      { input, call, folder },
      {
        ...(task && { task: task.id, ...(told.note !== undefined && { said: told.note }) }),
        ...(answers && { answers }),
      },
    );
    const { reports, outcome } = await tool.program.attach(order, call.signal);
    for await (const { report, offset } of reports) {
      if (report.type === 'asks') {
        isAsking = true;
        yield* ask(place, [report.key, report.question], true);
        isAsking = false;
        continue;
      }
      if (report.type === 'progress') {
        told.percent = report.percent ?? told.percent;
        if (report.note !== undefined) told.note = report.note;
      }
      const { attempt: last } = reported;
      if (attempt < last || (attempt === last && offset <= reported.offset)) continue;
      const checkpoint = { attempt, offset };
      yield await yieldOf(report, place, checkpoint);
    }
    call.signal.throwIfAborted();
    const end = await outcome();
    isOver = true;
    if (end?.type === 'asks') {
      yield* askAll(place, end, next);
      return GOES_ON;
    }
    if (end?.type === 'returned') call.answered?.(end.result);
    return returned(tool, end);
  } finally {
    const goesOn = (call.handsOver || (isAsking && !call.signal.aborted)) && !tool.failsWithWorker;
    if (!isOver && !goesOn) await tool.program.stop(folder);
  }
}

async function yieldOf(
  report: Exclude<McpReport, { type: 'asks' }>,
  { call, folder, told: { percent } }: AskingPlace,
  checkpoint: object,
): Promise<CallYield> {
  switch (report.type) {
    case 'progress':
      return call.progress(percent, report.note, { checkpoint });
    case 'result':
      return call.result(await readPartial(folder, report.n), { checkpoint });
    case 'withdrawn':
      return call.progress(percent, WITHDRAWN, { checkpoint, settles: true });
  }
}

const WITHDRAWN = 'The server no longer waits for the answer to its question.';

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
    case 'asks':
      throw new Error('The server asks for input, which this session does not support.');
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

/** In characters of base64. */
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
