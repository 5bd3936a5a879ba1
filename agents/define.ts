/** What an agent is: a declaration, and nothing that runs. */
import type { Limits } from '../contract/limits.ts';
import type { Awaits } from '../contract/turn.ts';
import type { ProfileName } from '../contract/profile.ts';

export interface Agent {
  name: string;
  /** The agent's own part of the developer prompt. */
  instructions: string;
  /** Default: OPENAI_MODEL. */
  model?: string;
  /** How its model is spoken to. Default: OPENAI_PROFILE. */
  profile?: ProfileName;
  /** Names of tools, or all there are. Default: `all`. */
  tools?: string[] | 'all';
  /** How the results of its tools are awaited, where a tool does not say so itself. Default: `prompt`. */
  awaits?: Awaits;
  /** The longest reply in tokens, thoughts and calls included. Default: MEANWHILE_MAX_REPLY_TOKENS. */
  max_reply_tokens?: number;
  /** How long its model may take to begin, in milliseconds. Default: MEANWHILE_FIRST_TOKEN_MS. */
  first_token_ms?: number;
  /** How long it may be silent once it has begun. Default: MEANWHILE_SILENCE_MS. */
  silence_ms?: number;
  /** Overrides the service's. */
  limits?: Partial<Limits>;
}

export function defineAgent(agent: Agent): Agent {
  return agent;
}
