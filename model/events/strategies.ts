import type { Profile } from '../profiles.ts';
import { asMessages } from './as-messages.ts';
import { asOutputs } from './as-outputs.ts';
import { asToolResults } from './as-tool-results.ts';
import type { EventStrategy } from './strategy.ts';

export const strategies = {
  message: asMessages,
  tool_result: asToolResults,
  output: asOutputs,
} satisfies Record<Profile['events'], EventStrategy>;
