/** The order for one attempt at a call of an MCP tool: the request, and the folder of the attempt. */
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
  /** The server can make a call of this tool a task of protocol 2025-11-25. */
  asTask?: true;
  program: McpProgram;
}

/** Each further attempt has a folder of its own, since a program is started at most once in each. */
export const attemptFolder = (own: string, attempt: number) =>
  attempt === 0 ? own : join(own, `attempt-${attempt}`);

/**
 * Creates the folder of a further attempt atomically with its files. Without the task, or without people's answers, the attempt would make
 * the call again.
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
