/** The working copy of one decision: the rules change it, and the caller's state stays as it was. */
import type { Actor, Entry, EntryKind, EntryOf } from '../contract/entry.ts';
import type { Effect } from './event.ts';
import type { State } from './state.ts';

export interface Step {
  state: State;
  entries: Entry[];
  effects: Effect[];
  /** The current time: when the event being heard reached the conversation. */
  at: number;
}

export function beginStep(state: State): Step {
  return { state: copy(state), entries: [], effects: [], at: 0 };
}

/** Copies plain JSON, which a state is: several times as fast as serialising and parsing it. */
function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const copied: Record<string, unknown> = {};
  for (const key in value) copied[key] = copy(value[key]);
  return copied as T;
}

type Body<K extends EntryKind> = Omit<EntryOf<K>, 'seq' | 'at' | 'kind' | 'actor' | 'cause'>;

/**
 * Appends an entry (R14: every decision, with its causes).
 * @returns its seq
 */
export function addEntry<K extends EntryKind>(
  step: Step,
  kind: K,
  body: Body<K>,
  { actor, cause }: { actor: Actor; cause: number[] },
): number {
  const seq = ++step.state.seq;
  const at = new Date(step.at).toISOString();
  const causes = [...new Set(cause)].sort((a, b) => a - b);
  step.entries.push({ seq, at, kind, actor, cause: causes, ...body } as unknown as Entry);
  return seq;
}

export const SYSTEM: Actor = { type: 'system', id: 'conversation' };
/** An operator of Temporal. */
export const OPERATOR: Actor = { type: 'system', id: 'operator' };
export const user = (id = 'user'): Actor => ({ type: 'user', id });
export const agent = (step: Step): Actor => ({ type: 'agent', id: step.state.agent });
export const tool = (id: string): Actor => ({ type: 'tool', id });
