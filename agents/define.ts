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
  /** Overrides the service's. */
  limits?: Partial<Limits>;
}

export function defineAgent(agent: Agent): Agent {
  return agent;
}
