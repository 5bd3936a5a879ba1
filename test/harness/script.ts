/**
 * What the scripted models do. "use <tool> <JSON>" in the user's words calls that tool; a result or a notification that names a call to
 * make next (`next_results({…})`) makes it; anything else is repeated.
 */
export type Move = { tool: string; input: object } | { text: string };

/** @param news what the model was given since it last spoke */
export function moveFor(news: string): Move {
  // The last one that is named: an earlier one has been made.
  const next = /.*next_results\((\{.*?\})\)/s.exec(news)?.[1];
  if (next !== undefined) return { tool: 'next_results', input: JSON.parse(next) };
  const [, tool, input] = /use (\w+) (\{.*\})/.exec(news) ?? [];
  if (tool !== undefined && input !== undefined) return { tool, input: JSON.parse(input) };
  return { text: `Heard: ${news.replaceAll(/\s+/g, ' ').slice(0, 1_500)}` };
}

export interface ScriptedApi {
  url: string;
  /** What the model was given since it last spoke, as text, for each request. */
  heard: string[];
  /** Names of the tools that the last request offered. */
  offered: readonly string[];
  close(): Promise<void>;
}
