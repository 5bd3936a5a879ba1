import type { ConversationKey } from '../contract/names.ts';

/** Erasing what was said. */
export interface EraseStore {
  /**
   * Erases the words of a closed conversation: entries, also those that resets took back, drafts, progress, results, metadata, what is
   * remembered of idempotency keys, and how its calls ended. A tombstone stays: the id, the agent, the usage and when. Repeatable.
   * @returns the ids of its calls; `open` when it is not closed; undefined when there is no such conversation
   */
  erase(
    conversation: ConversationKey,
    at: string,
  ): Promise<{ call_ids: string[] } | 'open' | undefined>;
  /** Calls of conversations erased since then, for processes that keep files of calls. */
  erasedCalls(since: string): Promise<{ tenant: string; call_id: string }[]>;
}
