import type { ConversationKey } from '../contract/names.ts';

/** A closed conversation that is due to leave the store. */
export interface Due extends ConversationKey {
  /** ISO 8601 */
  closed_at: string;
}

/** What the store remembers of a conversation that has left it. */
export interface Retired {
  retired_at: string;
  /** Its file in the archive. Absent if it was removed without one. */
  file?: string;
}

/** Conversations that were closed long ago leave the store, so that its tables do not grow for years. */
export interface RetentionStore {
  /** Conversations that were closed before this time, first closed first, without the first `skip`. */
  due(closedBefore: string, page: { limit: number; skip: number }): Promise<Due[]>;
  /**
   * Removes everything that is stored of a closed conversation, and remembers for a year that it was here. The store also forgets that
   * its calls have run, so Temporal must have deleted their workflows already.
   * @param seen the log that was archived
   * @returns false, with nothing changed, if it is open, has been written to since, or is not in the store
   */
  retire(
    conversation: ConversationKey,
    how: { seen: { last_seq: number; revision: number }; at: string; file?: string | undefined },
  ): Promise<boolean>;
  /** Undefined if the conversation is in the store, or was never there. */
  retired(conversation: ConversationKey): Promise<Retired | undefined>;
}
