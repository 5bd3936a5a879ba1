import { randomInt } from 'node:crypto';
import type { CheckName } from '../checks.ts';
import type { PlayedConversation } from '../conversation.ts';

export interface Scenario {
  /** As `--scenario` takes it. */
  name: string;
  /** One sentence. */
  about: string;
  /** What results can belong to: small letters, singular. */
  names: string[];
  /** What calls can be for, written alike. */
  subjects: string[];
  checks: CheckName[];
  play(conversation: PlayedConversation): Promise<void>;
}

/** Asked of every scenario. */
export const ALWAYS: CheckName[] = ['nothing_invented', 'not_confused', 'called_once', 'answered'];

/** Asked where tools return something. */
export const NEWS: CheckName[] = ['told', 'told_once', ...ALWAYS];

/** A question that no tool is needed for and whose answer cannot be taken from another one. */
export function sum(before = ''): { text: string; answer: string } {
  const [a, b] = [randomInt(11, 20), randomInt(11, 20)];
  return { text: `${before}What is ${a} times ${b}?`, answer: String(a * b) };
}
