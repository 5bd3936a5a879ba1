/** What the endpoint needs to know of a tool, of a task and of a caller. Nothing here knows of conversations. */
import type {
  CallToolResult,
  InputRequiredResult,
  ToolAnnotations,
} from '@modelcontextprotocol/server';
import type { z } from 'zod';

/** Who sent the HTTP request. */
export interface Caller {
  tenant: string;
  /** Whether it may decide about calls that await a person's approval. */
  mayApprove: boolean;
  /** The idempotency key of the request, if it had one. */
  key?: string;
  /** The harness's thread, and its program, if a relay says so: for clients that do not say it themselves. */
  thread?: string;
  program?: string;
  /** Aborts when the service is about to close: requests that wait are answered then. */
  closing: AbortSignal;
}

/** One request of a caller, with what its client can do. */
export interface McpRequest extends Caller {
  /** The client understands tasks. */
  tasks: boolean;
  /** The client can ask a person. */
  elicits: boolean;
  /** Name of the client's program. */
  client?: string;
  /** What the client adds to a request: the ids that its harness has for the thread and the call. */
  meta: Record<string, unknown>;
  /** Answers that the client sends when a tool has asked for them instead of answering. */
  inputResponses?: Record<string, unknown>;
  /** What the tool has given the client with the questions. */
  requestState?: string;
  /** Aborts when the connection is gone, which ends no work. */
  signal: AbortSignal;
  /** Undefined when the client wants no progress. */
  progress?: (message: string) => Promise<void>;
}

export interface Task {
  taskId: string;
  status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  statusMessage?: string;
  /** ISO 8601. */
  createdAt: string;
  lastUpdatedAt: string;
  /** From its creation; null: unlimited. */
  ttlMs: number | null;
  pollIntervalMs?: number;
  inputRequests?: Record<string, { method: string; params: object }>;
  result?: CallToolResult;
  error?: { code: number; message: string };
}

/** Every method throws UnknownTask for an id that is not, or no longer, a task of this caller. */
export interface Tasks {
  get(taskId: string, request: Omit<McpRequest, 'signal'>): Promise<Task>;
  /** Answers to keys that are not outstanding are ignored. */
  update(taskId: string, answers: Record<string, unknown>, request: McpRequest): Promise<void>;
  cancel(taskId: string, request: McpRequest): Promise<void>;
  /** The task as it is now, and after each change, until it has ended or the signal aborts. */
  follow(taskId: string, request: McpRequest): AsyncIterable<Task>;
}

export class UnknownTask extends Error {
  override name = 'UnknownTask';
}

export interface ServedTool<Input = any> {
  name: string;
  title?: string;
  description: string;
  input: z.ZodType<Input>;
  /** Shown in place of that of `input`. */
  schema?: Record<string, unknown>;
  annotations?: ToolAnnotations;
  /** Clients that load tools only when they search for them load this one at once. */
  isLoadedAtOnce?: true;
  /** A task is returned only to a client that understands tasks. */
  call(input: Input, request: McpRequest): Promise<ToolAnswer>;
}

export type ToolAnswer = CallToolResult | InputRequiredResult | { task: Task };

/** A failure that a model can do something about. The message says what happened and what to do. */
export class ToolError extends Error {
  override name = 'ToolError';
}

export interface McpResources {
  templates: { uriTemplate: string; name: string; description: string; mimeType: string }[];
  list(
    request: McpRequest,
    cursor?: string,
  ): Promise<{ resources: McpResource[]; nextCursor?: string }>;
  /** Undefined when there is no such resource. */
  read(uri: string, request: McpRequest): Promise<{ mimeType: string; text: string } | undefined>;
  /** Yields after each change, until the signal aborts. Undefined when there is no such resource. */
  follow(uri: string, request: McpRequest): Promise<AsyncIterable<void> | undefined>;
}

export interface McpResource {
  uri: string;
  name: string;
  mimeType: string;
}
