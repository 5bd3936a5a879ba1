/** What a tool is. A local tool is an async generator; each `yield` is one asynchronous result. */
import type { z } from 'zod';
import type { Schedule } from '../contract/entry.ts';
import type { ResultNumber } from '../contract/stored.ts';
import type { Awaits, Duplicates, Restart } from '../contract/turn.ts';
import type { RemoteTool } from './remote.ts';

/** It runs beside the service, or is another team's service. */
export type Tool<Input = any> = LocalTool<Input> | RemoteTool<Input>;

export const isRemote = (tool: Tool): tool is RemoteTool => 'remote' in tool;

/** What every tool says of itself. */
export interface ToolBase<Input = any> {
  /** As the model calls it: a letter, then letters, digits, `_` or `-`, at most 64. */
  name: string;
  description: string;
  input: z.ZodType<Input>;
  /** How many results the model may expect, the returned value included. Default: exactly one. Progress does not count. */
  results?: { min: number; max: number | 'many' };
  /**
   * `prompt`: the model is told of each result and milestone as it comes, and decides itself when to go on. `managed`: the service
   * suspends the flow of a call until `results.max` of them are in, or it ends; then the model is told all at once. Default: as
   * its agent says.
   */
  awaits?: Awaits;
  /** True: the tool yields progress, and takes `report` from the model. Default: true when it may yield. */
  progress?: boolean;
  /** When the model hears of progress where it did not say. Default: every 25 percent. */
  report?: string;
  /** The longest it may run, in milliseconds. Default: one hour. */
  timeout_ms?: number;
  /** A person has to agree before a call runs, within `timeout_ms` (default: seven days). `question` is what he is asked. */
  approval?: true | { question?: string; timeout_ms?: number };
  /** What becomes of a call while an identical one is open. Default: `allow`, it runs too. */
  duplicates?: Duplicates;
  /** How many calls of it run at once in a tenant, in all its conversations; others wait in order. Default: any number. */
  max_running?: number;
}

export interface LocalTool<Input = any, Result = unknown> extends ToolBase<Input> {
  /** After a crash: run again from the last checkpoint, or tell the model that it was cut off. Default: `resume`. */
  restart?: Restart;
  /** Set by `defineCommandTool`: what it has started may run on when its worker dies. */
  keeps?: true;
  run(input: Input, call: CallContext): AsyncGenerator<CallYield, Result, void> | Promise<Result>;
}

/** What a running tool knows and can say. */
export interface CallContext {
  id: string;
  /**
   * The same in every attempt at this call, on every machine, and another call's never: give it to a service that takes an
   * idempotency key, such as one for payments. ASCII. A second call that the model asks for has another one, whatever its input.
   */
  idempotency_key: string;
  /** Aborts when the call is cancelled, its time is over or the worker shuts down. */
  signal: AbortSignal;
  /**
   * What the last yield that had one carried before a crash: everything up to that yield has been told. Undefined on a fresh
   * start. Results that are yielded again are not told twice.
   */
  checkpoint: unknown;
  /**
   * A folder of this call, the same for every attempt; removed some time after the call (MEANWHILE_SPOOL_HOURS). From its first use on
   * the call belongs to this host: a later attempt elsewhere fails, as does one that finds the folder removed.
   */
  folder(): Promise<string>;
  /**
   * The whole of a result of this conversation that is stored aside since it is large (`stored` of its entry).
   * Undefined: there is none, or it is another conversation's.
   */
  storedResult(callId: string, n: ResultNumber): Promise<unknown>;
  /** True once the signal has aborted because this worker shuts down or was replaced: another attempt goes on. */
  readonly handsOver: boolean;
  /** Most output that is kept of a program. Bytes. */
  readonly maxOutputBytes: number;
  /** How far it is, 0–100; what lies beyond is cut to that. Between the milestones that the model asked for it is only shown live. */
  progress(percent: number, note?: string, options?: YieldOptions): CallYield;
  /** A partial result. Always told. */
  result(data: unknown, options?: YieldOptions): CallYield;
}

export interface YieldOptions {
  /** Where to go on after a crash; JSON. */
  checkpoint?: unknown;
  /** Default: `when_idle`. */
  schedule?: Schedule;
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
