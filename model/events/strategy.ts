import type { ModelMessage, ToolDeclaration } from '../message.ts';

/** How the service's news is presented to the model. */
export interface EventStrategy {
  /** Rules of the developer prompt that explain what the other methods here produce. */
  rules: string[];
  /** Tools that must be declared in addition to the agent's. */
  tools: ToolDeclaration[];
  /** What a call produced. `seq` is the number of its entry: the same entry always gives the same messages. */
  event(seq: number, facts: unknown): ModelMessage[];
  /** The end of a call, if that is its answer. Without this method a call is answered at once, and its end is an event. */
  end?(call_id: string, facts: unknown): ModelMessage[];
  /** The current moment, which is shown once. `to` is the last entry that the model sees. */
  now(to: number, facts: unknown): ModelMessage[];
}
