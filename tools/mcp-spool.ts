/** What a worker and the program of an MCP call tell each other through the call's folder. */
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** As soon as the server has named it. */
  'task.json': { id: string };
  /** The program's last act. */
  'outcome.json': McpOutcome;
}

export interface McpCallRequest {
  /** Its name on the server. */
  tool: string;
  input: unknown;
  /** The tool's own, since it may say which fields of the input are HTTP headers too. */
  schema: Record<string, unknown>;
  /** That of the call in all its attempts. */
  idempotency_key: string;
  /** What an earlier attempt at this call began, to be found again. */
  task?: string;
}

/** How a call of an MCP server ended, as far as its program knows. */
export type McpOutcome =
  | { type: 'returned'; result: McpResult }
  /** The server answered with an error, or with something that is not an answer. `status`: of its HTTP response. */
  | { type: 'failed'; name: string; message: string; status?: number }
  /** The call never reached the server. */
  | { type: 'unavailable'; message: string }
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
  | { type: 'result'; n: number };

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
  try {
    writeFileSync(join(folder, name), JSON.stringify(content), {
      flag: 'wx',
      flush: !isLight,
      mode: 0o600,
    });
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
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as McpFiles[Name];
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
