/** How requests to a model are formed, since providers accept different forms. model/profiles.ts says what each profile means. */
export const PROFILE_NAMES = [
  'openai',
  'compatible',
  'alternating',
  'tool_result',
  'async_tools',
] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];
