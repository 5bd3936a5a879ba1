/** What a tool is. A tool is an async generator; each `yield` is one asynchronous result. */
import type { z } from 'zod';
import type { Schedule } from '../contract/entry.ts';
import type { Restart } from '../contract/turn.ts';

export interface Tool<Input = any, Result = unknown> {
  /** As the model calls it: a letter, then letters, digits, `_` or `-`, at most 64. */
  name: string;
  description: string;
  input: z.ZodType<Input>;
  /** How many results the model may expect, the returned value included. Default: exactly one. Progress does not count. */
  results?: { min: number; max: number | 'many' };
  /** True: the tool yields progress, and takes `report` from the model. Default: true when it may yield. */
  progress?: boolean;
  /** When the model hears of progress where it did not say. Default: every 25 percent. */
  report?: string;
  /** The longest it may run, in milliseconds. Default: one hour. */
  timeout_ms?: number;
  /** After a crash: run again from the last checkpoint, or tell the model that it was cut off. Default: `resume`. */
  restart?: Restart;
  run(input: Input, call: CallContext): AsyncGenerator<CallYield, Result, void> | Promise<Result>;
}

/** What a running tool knows and can say. */
export interface CallContext {
  id: string;
  /** Aborts when the call is cancelled, its time is over or the worker shuts down. */
  signal: AbortSignal;
  /**
   * What the last yield that had one carried before a crash: everything up to that yield has been told. Undefined on a fresh
   * start. Results that are yielded again are not told twice.
   */
  checkpoint: unknown;
  /** How far it is, 0–100. Between the milestones that the model asked for it is only shown live. */
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
export function defineTool<Input, Result>(tool: Tool<Input, Result>): Tool<Input, Result> {
  return tool;
}
