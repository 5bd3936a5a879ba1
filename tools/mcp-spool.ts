/** What a worker and the program of an MCP call tell each other through the call's folder. */
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
   * Written before the server hears of the call. `host`: the folder of the host that makes it; without one, the call was prevented.
   * `label`: for people.
   */
  'begun.json': { host?: string; label?: string };
  /** Exists while its conversation may not have heard of it. */
  'quick.json': QuickCall;
  /** As soon as the server has named it. `told`: in the folder of a further attempt, what was reported last before. */
  'task.json': { id: string; told?: ToldProgress };
  /** The server has been told that the task is no longer wanted. */
  'withdrawn.json': object;
  /** In the folder of a further attempt: what it has to tell the server. */
  'answers.json': McpAnswers;
  /** The program's last act. */
  'outcome.json': McpOutcome;
}

export interface ToldProgress {
  percent: number;
  note?: string;
}

export interface McpCallRequest {
  /** Its name on the server. */
  tool: string;
  input: unknown;
  /** The tool's own, since it may say which fields of the input are HTTP headers too. */
  schema: Record<string, unknown>;
  /** A server of protocol 2025-11-25 is asked to make the call a task. */
  asTask?: true;
  /** That of the call in all its attempts. */
  idempotency_key: string;
  /** What an earlier attempt at this call began, to be found again. */
  task?: string;
  /** The note that was reported last before: its server may say it again. */
  said?: string;
  /** What the server has asked, and people have answered. */
  answers?: McpAnswers;
  /** The task is no longer wanted: its server is told, and nothing else is done. */
  cancels?: true;
}

export interface McpAnswers {
  /** How many times the server has asked by then. */
  round: number;
  responses: Record<string, McpAnswer>;
  /** What the server wants back with them. */
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
  /** The server has to know more, and no process waits for it. `state`: goes back with the answers. `task`: asks it. */
  | { type: 'asks'; questions: Record<string, McpQuestion>; state?: string; task?: string }
  /** The call reached the server, perhaps, and its outcome is not known. */
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
  /** It no longer does, though nobody has answered. */
  | { type: 'withdrawn' };

export const reportLine = (report: McpReport) => `${MARK}${JSON.stringify(report)}`;

/** Undefined for any other line. Only the program writes to its output: what its server says comes through it. */
export function readReport(line: string): McpReport | undefined {
  if (!line.startsWith(MARK)) return undefined;
  try {
    return JSON.parse(line.slice(MARK.length)) as McpReport;
  } catch {
    // Its beginning was dropped with the middle of a very long output.
    return undefined;
  }
}

/** A note that fits into a line. */
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
 * False when the file exists. Unless `isLight`, it is on the disk before this returns. Synchronous, as the two below: each is over sooner than a thread
 * of the pool would be found for it.
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

/** Undefined when there is no such file, or it has no content yet. */
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

/** Unique within a call. @param attempt the one in whose folder it is asked */
export const questionId = (attempt: number, key: string) =>
  `${attempt}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;

export const attemptOfQuestion = (id: string) => Number.parseInt(id, 10);

/** `withdrawn`: the server no longer waits for it. */
type Settled = McpAnswer | { action: 'withdrawn' };

/** False when it was settled before. */
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
