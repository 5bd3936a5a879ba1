/** The files with which a worker and the program of an MCP call communicate, in the call's folder. */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnswerAction, Question } from '../contract/question.ts';
import type { QuickCall } from '../contract/quick.ts';
import { readableLine } from './lines.ts';

export interface McpFiles {
  /** Written before the program of the call starts. */
  'call.json': McpCallRequest;
  /**
   * Written before the call is sent to the server. `host`: the folder of the host that makes it; without one, the call was prevented.
   * `label`: names the call for people.
   */
  'begun.json': { host?: string; label?: string };
  /** Exists while the call may not be recorded in its conversation. */
  'quick.json': QuickCall;
  /** Written when the server has made the call a task. `told`: in the folder of a further attempt, the progress reported last. */
  'task.json': { id: string; told?: ToldProgress };
  /** Written when the server has received the cancellation of the task. */
  'withdrawn.json': object;
  /** Written in the folder of a further attempt: people's answers, which it sends to the server. */
  'answers.json': McpAnswers;
  /** Written by the program at its end. */
  'outcome.json': McpOutcome;
}

export interface ToldProgress {
  percent: number;
  note?: string;
}

export interface McpCallRequest {
  /** The tool's name on the server. */
  tool: string;
  input: unknown;
  /** The input schema of the tool. It may also declare which fields of the input are sent as HTTP headers. */
  schema: Record<string, unknown>;
  /** The call is made as a task if the server offers tasks of protocol 2025-11-25. */
  asTask?: true;
  /** The same in all attempts at the call. */
  idempotency_key: string;
  /** Id of the task that an earlier attempt began. It is followed, and no new call is made. */
  task?: string;
  /** The note that was reported last. It is not reported again if the server repeats it. */
  said?: string;
  /** People's answers to the server's questions. */
  answers?: McpAnswers;
  /** The task is cancelled on its server, and nothing else is done. */
  cancels?: true;
}

export interface McpAnswers {
  /** How many times the server has asked so far. */
  round: number;
  responses: Record<string, McpAnswer>;
  /** The state that the server wants back with the answers. */
  state?: string;
  /** Keys of all questions of a task that were answered before. */
  before?: string[];
}

export interface McpAnswer {
  action: AnswerAction;
  content?: Record<string, unknown>;
}

export type McpQuestion = Omit<Question, 'id'>;

/** How a call of an MCP server ended, as far as its program knows. */
export type McpOutcome =
  | { type: 'returned'; result: McpResult }
  /** The server answered with an error, or with something that is not an answer. `status`: of its HTTP response. */
  | { type: 'failed'; name: string; message: string; status?: number }
  /** The call never reached the server. */
  | { type: 'unavailable'; message: string }
  /** The server needs answers, and no process waits for them. `state`: is sent with the answers. `task`: the task that needs them. */
  | { type: 'asks'; questions: Record<string, McpQuestion>; state?: string; task?: string }
  /** The call may have reached the server, and its outcome is unknown. */
  | { type: 'lost'; message: string };

export interface McpResult {
  content: McpBlock[];
  structuredContent?: unknown;
  isError?: boolean;
}

export type McpBlock = { type: string } & Record<string, unknown>;

/** A line of the program's output. */
export type McpReport =
  | { type: 'progress'; percent?: number; note?: string }
  /** A partial result, which is in a file of its own. */
  | { type: 'result'; n: number }
  /** The server has asked, and waits for the answer on its connection. */
  | { type: 'asks'; key: string; question: McpQuestion }
  /** The server no longer waits, and there was no answer. */
  | { type: 'withdrawn' };

export const reportLine = (report: McpReport) => `${MARK}${JSON.stringify(report)}`;

/** Undefined for a line that is not a report. Servers cannot forge one, because only the program writes to its output. */
export function readReport(line: string): McpReport | undefined {
  if (!line.startsWith(MARK)) return undefined;
  try {
    return JSON.parse(line.slice(MARK.length)) as McpReport;
  } catch {
    // Its beginning was dropped with the middle of a very long output.
    return undefined;
  }
}

/** Shortens a note to 1,000 characters, without control characters. */
export const noteOf = (text: string) => readableLine(text, 1_000);

/** Undefined when there is no such file. */
export async function readMcpFile<Name extends keyof McpFiles>(
  folder: string,
  name: Name,
): Promise<McpFiles[Name] | undefined> {
  return (await readAny(join(folder, name))) as McpFiles[Name] | undefined;
}

export function writeMcpFile<Name extends keyof McpFiles>(
  folder: string,
  name: Name,
  content: McpFiles[Name],
): Promise<void> {
  return writeAny(join(folder, name), content);
}

/**
 * Creates the file, or returns false if it exists. Unless `isLight`, the file is flushed to disk before this returns. It is synchronous, like
 * the two functions below, because each takes less time than handing the work to a thread of the pool.
 */
export function claimMcpFile<Name extends keyof McpFiles>(
  folder: string,
  name: Name,
  content: McpFiles[Name],
  isLight = false,
): boolean {
  return claimAny(join(folder, name), content, isLight);
}

function claimAny(path: string, content: unknown, isLight = false): boolean {
  try {
    writeFileSync(path, JSON.stringify(content), { flag: 'wx', flush: !isLight, mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined if there is no such file, or its content is not complete yet. */
export function readMcpFileNow<Name extends keyof McpFiles>(
  folder: string,
  name: Name,
): McpFiles[Name] | undefined {
  return readAnyNow(join(folder, name)) as McpFiles[Name] | undefined;
}

function readAnyNow(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export function writeMcpFileNow<Name extends keyof McpFiles>(
  folder: string,
  name: Name,
  content: McpFiles[Name],
): void {
  const draft = join(folder, `${name}.${randomUUID()}`);
  writeFileSync(draft, JSON.stringify(content), { flush: true, mode: 0o600 });
  renameSync(draft, join(folder, name));
}

/**
 * The id of a question, unique within its call.
 * @param attempt number of the attempt that asks
 * @param key of the question within the attempt
 */
export const questionId = (attempt: number, key: string) =>
  `${attempt}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;

export const attemptOfQuestion = (id: string) => Number.parseInt(id, 10);

/** How a question was settled. `withdrawn`: the server no longer waits for the answer. */
type Settled = McpAnswer | { action: 'withdrawn' };

/** False if the question was settled before. */
export function settle(folder: string, id: string, answer: Settled): boolean {
  return claimAny(join(folder, answerFile(id)), answer);
}

/** Undefined while the question is open. */
export function answerIn(folder: string, id: string): Settled | undefined {
  return readAnyNow(join(folder, answerFile(id))) as Settled | undefined;
}

const answerFile = (id: string) => `answer.${id}.json`;

export const readPartial = (folder: string, n: number) => readAny(join(folder, `result.${n}.json`));

export const writePartial = (folder: string, n: number, data: unknown) =>
  writeAny(join(folder, `result.${n}.json`), data);

async function readAny(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeAny(path: string, content: unknown): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(content), { flush: true, mode: 0o600 });
  await rename(draft, path);
}

const MARK = '@ ';
