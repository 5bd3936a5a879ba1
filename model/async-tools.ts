/** Tool declarations for an API that supports asynchronous tools itself (docs/decisions/0032-async-tools.md). */
import { CANCEL_TOOL, EVENT_TOOL, READ_TOOL } from '../contract/names.ts';
import { strategies } from './events/strategies.ts';
import type { ModelRequest, ToolDeclaration } from './message.ts';
import { type Profile, profiles } from './profiles.ts';

type Form = Pick<ModelRequest, 'messages' | 'tools'>;

/** Whether calls of the tool are asynchronous. Those that the service handles itself end at once, so the model waits for them. */
export const runsAsync = (tool: string) => !BLOCKING.includes(tool);

const BLOCKING = [CANCEL_TOOL, READ_TOOL, EVENT_TOOL];

/** A request in a profile, and in the fallback profile for servers that refuse asynchronous tools. */
export function inProfile(
  profile: Profile,
  form: (profile: Profile) => Form,
): Form & Pick<ModelRequest, 'otherwise'> {
  const whole = formIn(profile, form);
  const { otherwise } = profile;
  return otherwise ? { ...whole, otherwise: formIn(profiles[otherwise], form) } : whole;
}

/** A request in a profile without the fallback, so that a refusal is reported. */
export function formIn(profile: Profile, form: (profile: Profile) => Form): Form {
  const { messages, tools } = form(profile);
  return { messages, tools: strategies[profile.events].end ? tools.map(asAsync) : tools };
}

const asAsync = (tool: ToolDeclaration): ToolDeclaration =>
  runsAsync(tool.name) ? { ...tool, async: true } : tool;
