/** The definition of an example: real tools, surroundings in which something happens, a user who talks, and checks of the log. */
import type { Entry } from '../contract/entry.ts';
import type { DemoAnswer } from '../cli/demo/rules.ts';
import type { Situation } from '../cli/demo/situation.ts';
import type { ModelMessage } from '../model/message.ts';
import type { Settings } from '../config.ts';
import type { DemoTalk } from './talk.ts';

export interface Example<World extends Surroundings = any> {
  name: string;
  /** One sentence. */
  about: string;
  /** Folder with its tools and its agent, which has the example's name. */
  folder: string;
  /** Settings of its service. */
  settings?: Partial<Settings>;
  /** @param home an empty folder */
  open(home: string): Promise<World>;
  /** The answer of the scripted model. */
  answer(situation: Situation, messages: readonly ModelMessage[]): DemoAnswer;
  /**
   * Plays the user, and everyone else who changes something. Waits for what the log says, never for a time.
   * @throws Error when the agent does not do what the story needs to go on
   */
  play(talk: DemoTalk, world: World): Promise<void>;
  checks: Record<string, Check<World>>;
}

/** Returns a line for each problem; none if the check passes. It looks at facts, never at particular sentences, so that it fits any model. */
export type Check<World> = (entries: readonly Entry[], world: World) => string[];

/** The surroundings of an example, which its tools work on. */
export interface Surroundings {
  /** Environment variables with which the tools find it. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** Keeps the types of an example together. */
export const defineExample = <World extends Surroundings>(example: Example<World>) => example;
