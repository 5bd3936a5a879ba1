/**
 * What a provider, or the chat template of a model, accepts beyond what the two APIs specify (docs/decisions/0017-profiles.md).
 */
import type { ProfileName } from '../contract/profile.ts';

export interface Profile {
  name: ProfileName;
  /** Role of the developer prompt in Chat Completions. The Responses API has a separate field for it. */
  instructions_role: 'system' | 'developer';
  /**
   * How events are presented: as tagged messages of the user, or as results of calls of `next_event`. `output`: as messages, but
   * a call has no answer while it is open, and its end is its one output.
   */
  events: 'message' | 'tool_result' | 'output';
  /**
   * `joined`: adjacent messages of one role become one message, and the user comes first. `alternating`: as joined, and between a
   * tool's message and the user's the assistant says that it waits.
   */
  order: 'free' | 'joined' | 'alternating';
  /** `short`: nine letters and digits, derived from our ids. */
  call_ids: 'ours' | 'short';
  /** The profile to use when the server refuses this one. */
  otherwise?: ProfileName;
}

export const profiles: { [Name in ProfileName]: Profile & { name: Name } } = {
  /** OpenAI itself, and Azure. */
  openai: {
    name: 'openai',
    instructions_role: 'developer',
    events: 'message',
    order: 'free',
    call_ids: 'ours',
  },
  /** Nearly every other server; many do not know the role `developer`. */
  compatible: {
    name: 'compatible',
    instructions_role: 'system',
    events: 'message',
    order: 'free',
    call_ids: 'ours',
  },
  /** Mistral's API and chat templates, and others that require user and assistant turns to alternate. */
  alternating: {
    name: 'alternating',
    instructions_role: 'system',
    events: 'message',
    order: 'alternating',
    call_ids: 'short',
  },
  /** For models that tell a tool's words from a user's more reliably by the role than by a tag. */
  tool_result: {
    name: 'tool_result',
    instructions_role: 'system',
    events: 'tool_result',
    order: 'joined',
    call_ids: 'ours',
  },
  /** The async function tools of OpenAI's Responses API. */
  async_tools: {
    name: 'async_tools',
    instructions_role: 'developer',
    events: 'output',
    order: 'free',
    call_ids: 'ours',
    otherwise: 'openai',
  },
};
