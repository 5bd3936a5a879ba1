/** How a model is spoken to, since providers accept different forms. What each profile means stands in model/profiles.ts. */
export const PROFILE_NAMES = [
  'openai',
  'compatible',
  'alternating',
  'tool_result',
  'async_tools',
] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];
