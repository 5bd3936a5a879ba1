import type { z } from 'zod';
import type { Awaits, Duplicates } from '../contract/call.ts';

/** What every tool declares. */
export interface ToolBase<Input = any> {
  /** Its name for the model: a letter, then letters, digits, `_` or `-`, at most 64. */
  name: string;
  description: string;
  input: z.ZodType<Input>;
  /** How many results the model may expect, the returned value included. Default: exactly one. Progress does not count. */
  results?: { min: number; max: number | 'many' };
  /**
   * `prompt`: the model is told about each result and milestone as it comes, and decides itself when to go on. `managed`: the
   * service suspends the flow of a call until `results.max` of them are in, or it ends; then the model is told all at once.
   * Default: the agent's setting.
   */
  awaits?: Awaits;
  /** True when the tool yields progress, and takes `report` from the model. Default: true when it may yield. */
  progress?: boolean;
  /** When the model is told about progress if it did not say. Default: every 25 percent. */
  report?: string;
  /** The longest it may run, in milliseconds. Default: one hour. */
  timeout_ms?: number;
  /**
   * A user has to approve a call before it runs, within `timeout_ms` (default: seven days). `question` is what they are asked.
   */
  approval?: true | { question?: string; timeout_ms?: number };
  /** How a call is handled while an identical one is open. Default: `allow`, it runs too. */
  duplicates?: Duplicates;
  /** How many calls of it run at once in a tenant, in all its conversations; others wait in order. Default: no limit. */
  max_running?: number;
}
