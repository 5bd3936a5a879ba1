/** The types of tools, tasks and callers that the endpoint uses. None depends on conversations. */
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
  /** The harness's thread and program as a relay names them, for clients that do not name them themselves. */
  thread?: string;
  program?: string;
  /** The request repeats one that the client has cancelled, this long after it sent that one. Nothing is called. */
  cancelled_after_ms?: number;
  /** Aborts when the service is about to close. Waiting requests are then answered. */
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
  /** `_meta` of the request, such as the harness's ids of the thread and the call. */
  meta: Record<string, unknown>;
  /** The client's answers to the questions that it got in place of a result. */
  inputResponses?: Record<string, unknown>;
  /** The state that the client got with the questions. */
  requestState?: string;
  /** Aborts when the connection is closed. The work continues. */
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
  /** Counted from `createdAt`. Null: unlimited. */
  ttlMs: number | null;
  pollIntervalMs?: number;
  inputRequests?: Record<string, { method: string; params: object }>;
  result?: CallToolResult;
  error?: { code: number; message: string };
}

/** Every method throws UnknownTask for an id that is not, or no longer, a task of this caller. */
export interface Tasks {
  get(taskId: string, request: Omit<McpRequest, 'signal'>): Promise<Task>;
  /** Takes answers by the keys of `inputRequests`. Other keys are ignored. */
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
  /** The JSON Schema that clients see. Default: the one of `input`. */
  schema?: Record<string, unknown>;
  annotations?: ToolAnnotations;
  /** Clients that load tools only when they search for them load this one at once. */
  isLoadedAtOnce?: true;
  /** A task is returned only to a client that understands tasks. */
  call(input: Input, request: McpRequest): Promise<ToolAnswer>;
  /**
   * The client has cancelled a request, which `request` repeats. Without this method, a cancel has no effect.
   * @returns false if the cancel has no effect
   */
  cancelled?(input: Input, request: McpRequest): Promise<boolean>;
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
