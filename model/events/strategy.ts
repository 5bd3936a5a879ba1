/** How what the service has to say is put to the model. */
import type { ModelMessage, ToolDeclaration } from '../message.ts';
import type { Profile } from '../profiles.ts';
import { asMessages } from './as-messages.ts';
import { asOutputs } from './as-outputs.ts';
import { asToolResults } from './as-tool-results.ts';

export interface EventStrategy {
  /** For the developer prompt: how to read what the others here make. */
  rules: string[];
  /** What must be declared beside the agent's tools. */
  tools: ToolDeclaration[];
  /** What a call brought. `seq` is its entry's: the same entry gives the same messages for ever. */
  event(seq: number, facts: unknown): ModelMessage[];
  /** The end of a call, where that is its answer. Without it a call is answered at once, and its end is an event. */
  end?(call_id: string, facts: unknown): ModelMessage[];
  /** The moment, which is seen once. `to` is the last entry that the model sees. */
  now(to: number, facts: unknown): ModelMessage[];
}

export const strategies = {
  message: asMessages,
  tool_result: asToolResults,
  output: asOutputs,
} satisfies Record<Profile['events'], EventStrategy>;
