/** What a tool is. A local tool is an async generator; each `yield` is one asynchronous result. */
import type { Schedule } from '../contract/entry.ts';
import type { ResultNumber } from '../contract/stored.ts';
import type { Restart, Resumption } from '../contract/call.ts';
import type { Question } from '../contract/question.ts';
import type { ToolBase } from './base.ts';
import type { RemoteTool } from './remote.ts';

/** A local tool runs in the service's worker or beside it; a remote tool is another team's service. */
export type Tool<Input = any> = LocalTool<Input> | RemoteTool<Input>;

export const isRemote = (tool: Tool): tool is RemoteTool => 'remote' in tool;

export interface LocalTool<Input = any, Result = unknown> extends ToolBase<Input> {
  /** After a crash: run again from the last checkpoint, or tell the model that the call was cut off. Default: `resume`. */
  restart?: Restart;
  /** Set by `defineCommandTool`, and for tools of MCP servers: the program of a call may outlive its worker. */
  keeps?: true;
  /** Set for tools of MCP servers: the server's name. */
  server?: string;
  /** Set for tools of MCP servers: the server's declaration. */
  upstream?: UpstreamTool;
  /** Set for tools of MCP servers whose calls start no process: a call may begin before it has a workflow. */
  quick?: true;
  run(input: Input, call: CallContext): AsyncGenerator<CallYield, Result, void> | Promise<Result>;
  /**
   * Set for tools of MCP servers: ends what a call has begun on its server. Called when the call is over without a result, and its programs
   * have been stopped.
   */
  withdraw?(call: WithdrawnCall): Promise<void>;
}

export interface WithdrawnCall extends Pick<CallContext, 'id' | 'idempotency_key' | 'signal'> {
  input: unknown;
  /** The folder of the call, which contains those of all its attempts. */
  folder: string;
}

export interface UpstreamTool {
  /** The tool's name on its server. */
  name: string;
  title?: string;
  description?: string;
  /** JSON Schema of its input. */
  schema: Record<string, unknown>;
  annotations?: object;
}

/** What a tool is given for one attempt at a call. */
export interface CallContext {
  id: string;
  /**
   * The same in every attempt at this call, on every machine, and unique to this call: give it to a service that takes an
   * idempotency key, such as one for payments. ASCII. A second call that the model makes has another key, whatever its input.
   */
  idempotency_key: string;
  /** Aborts when the call is cancelled, its timeout is over or the worker shuts down. */
  signal: AbortSignal;
  /**
   * The checkpoint of the last yield that carried one before a crash: everything up to that yield has been reported. Undefined on
   * a fresh start. Results that are yielded again are not reported twice.
   */
  checkpoint: unknown;
  /**
   * A folder for this call, the same in every attempt; removed some time after the call (MEANWHILE_SPOOL_HOURS). From its first
   * use on the call belongs to this host: a later attempt elsewhere fails, and so does one that finds the folder removed.
   */
  folder(): Promise<string>;
  /**
   * The whole of a result of this conversation that is stored separately because it is large (`stored` in its entry). Undefined
   * when there is none, or when it belongs to another conversation.
   */
  storedResult(callId: string, n: ResultNumber): Promise<unknown>;
  /** True once the signal has aborted because this worker shuts down or was replaced: another attempt continues the call. */
  readonly handsOver: boolean;
  /** How much output of a program is kept, in bytes. */
  readonly maxOutputBytes: number;
  /** For tools of MCP servers: set in the run after the tool has thrown Asks. */
  readonly resumes?: Omit<Resumption, 'details'>;
  /** For tools of MCP servers: is given the server's answer unchanged, before it is converted for the model. */
  answered?(answer: unknown): void;
  /** The progress, 0–100; values outside are clamped. Between the milestones that the model asked for it is only shown live. */
  progress(percent: number, note?: string, options?: YieldOptions): CallYield;
  /** A partial result. Always reported. */
  result(data: unknown, options?: YieldOptions): CallYield;
}

export interface YieldOptions {
  /** Where to resume after a crash; JSON. */
  checkpoint?: unknown;
  /** Default: `when_idle`. */
  schedule?: Schedule;
  /** For tools of MCP servers: what a person is asked. Reported once, however often it is yielded. Asks follows. */
  question?: Question;
  /** The tool no longer waits for the answer to its question. */
  settles?: true;
}

export type CallYield =
  | ({ type: 'progress'; percent: number; note?: string } & YieldOptions)
  | ({ type: 'result'; data: unknown } & YieldOptions);

/** Declares a tool; its input and result types follow from the schema and `run`. */
export function defineTool<Input, Result>(
  tool: LocalTool<Input, Result>,
): LocalTool<Input, Result> {
  return tool;
}
