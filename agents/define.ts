/** What an agent is: a declaration that contains no code. */
import type { Limits } from '../contract/limits.ts';
import type { Awaits } from '../contract/call.ts';
import type { ProfileName } from '../contract/profile.ts';

export interface Agent {
  name: string;
  /** The agent's own part of the developer prompt. */
  instructions: string;
  /** Default: OPENAI_MODEL. */
  model?: string;
  /** The profile of its model. Default: OPENAI_PROFILE. */
  profile?: ProfileName;
  /** Names of tools, or all tools. Default: `all`. */
  tools?: string[] | 'all';
  /** How the results of its tools are awaited, unless a tool sets it itself. Default: `prompt`. */
  awaits?: Awaits;
  /** The longest reply in tokens, thoughts and calls included. Default: MEANWHILE_MAX_REPLY_TOKENS. */
  max_reply_tokens?: number;
  /** How long its model may take to begin, in milliseconds. Default: MEANWHILE_FIRST_TOKEN_MS. */
  first_token_ms?: number;
  /** How long its model may be silent once it has begun. Default: MEANWHILE_SILENCE_MS. */
  silence_ms?: number;
  /** Overrides the service's limits. */
  limits?: Partial<Limits>;
}

export function defineAgent(agent: Agent): Agent {
  return agent;
}
