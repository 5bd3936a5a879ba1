/** What the program of a call of an MCP tool is asked to do, and in which folder. */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallContext } from './define.ts';
import type { McpOrder, McpProgram } from './mcp-program.ts';
import { type McpCallRequest, type McpFiles, writeMcpFile } from './mcp-spool.ts';

export interface McpCallee {
  name: string;
  /** The tool's name on its server. */
  upstream: string;
  /** The schema of its input, as the server wrote it. */
  schema: Record<string, unknown>;
  /** Its server can make a call a task if it is asked to (protocol 2025-11-25). */
  asTask?: true;
  program: McpProgram;
}

/** Later attempts have folders of their own: in each, a program is started at most once. */
export const attemptFolder = (own: string, attempt: number) =>
  attempt === 0 ? own : join(own, `attempt-${attempt}`);

/**
 * Opens the folder of a further attempt, whole or not at all: without the task that it is about, or what people have answered, the call
 * would be made again.
 */
export async function openAttempt(
  folder: string,
  {
    'task.json': task,
    'answers.json': answers,
  }: Pick<Partial<McpFiles>, 'task.json' | 'answers.json'>,
): Promise<void> {
  const draft = `${folder}.new`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  if (task) await writeMcpFile(draft, 'task.json', task);
  if (answers) await writeMcpFile(draft, 'answers.json', answers);
  await rename(draft, folder);
}

export const orderOf = (
  tool: McpCallee,
  { folder, input, call }: { folder: string; input: unknown; call: Ordering },
  more: Pick<McpCallRequest, 'task' | 'said' | 'answers' | 'cancels'>,
): McpOrder => ({
  folder,
  label: `${tool.name} (${call.id})`,
  request: { ...requestOf(tool, input, call), ...more },
  max_bytes: call.maxOutputBytes,
});

const requestOf = (
  { upstream, schema, asTask }: McpCallee,
  input: unknown,
  { idempotency_key }: Ordering,
): McpCallRequest => ({
  tool: upstream,
  input,
  schema,
  idempotency_key,
  ...(asTask && { asTask }),
});

type Ordering = Pick<CallContext, 'id' | 'idempotency_key' | 'maxOutputBytes'>;
