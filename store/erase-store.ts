import type { ConversationKey } from '../contract/names.ts';

/** Erasing what was said. */
export interface EraseStore {
  /**
   * Erases the words of a closed conversation: entries, also those that resets removed, drafts, progress, results, metadata, the
   * answers to its idempotency keys, and the ends of its calls. A tombstone stays, with the id, the agent, the usage and the time.
   * Repeatable.
   * @returns the ids of its calls; `open` when it is not closed; undefined when there is no such conversation
   */
  erase(
    conversation: ConversationKey,
    at: string,
  ): Promise<{ call_ids: string[] } | 'open' | undefined>;
  /** The calls of conversations erased since this time, for processes that keep files of calls. */
  erasedCalls(since: string): Promise<{ tenant: string; call_id: string }[]>;
}
