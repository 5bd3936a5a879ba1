/** The smallest context budget. A smaller window would hold little more than the prompt and the tools. */
export const MIN_CONTEXT_TOKENS = 2_000;

/** Bounds of a reply's length limit, in tokens. The longest reply still fits into what Temporal carries. */
export const MIN_REPLY_TOKENS = 100;
export const MAX_REPLY_TOKENS = 100_000;

/** The longest wait for a model that a setting may ask for. Must stay below a reply activity's timeout of fifteen minutes. */
export const LONGEST_WAIT_MS = 840_000;

/** The numbers of the turn-taking rules. A workflow receives them as an argument and keeps them. */
export interface Limits {
  /** R3: tool calls wait until the last user message is this old. Milliseconds. */
  settle_ms: number;
  /** R6: how long news waits for further news. Milliseconds. */
  quiet_ms: number;
  /** R6: the longest that the first news waits. Milliseconds. */
  quiet_max_ms: number;
  /** R9: the most calls that run at once in a conversation. */
  max_running: number;
  /** R11: results within this time after the release go to the model in the same turn. Milliseconds. */
  grace_ms: number;
  /** The most replies that one cause may lead to before the agent waits for the user. */
  max_replies_per_turn: number;
  /** R12: the most unsolicited turns within a minute; further ones wait. If absent, as with the next two, there is no limit. */
  unsolicited_per_minute?: number;
  /** R12: the most unsolicited turns before the agent waits for the user. */
  unsolicited_in_a_row?: number;
  /** R12: the conversation's tokens after which the agent takes no unsolicited turn. */
  max_tokens?: number;
  /** How often the model is asked for a reply before the reply fails. */
  model_attempts: number;
  /** Events of history after which a run continues as new at a quiet moment; at twice as many, it does so between two replies. */
  max_history_events: number;
  /** Token budget of the log's window: beyond it, the older part gets a summary. If absent, all of the log is read each time. */
  context_tokens?: number;
}

/** A limit that keeps the agent quiet, as in its `limit.reached` entry; also the detail of the failure below. */
export interface ReachedLimit {
  limit: string;
  value: number;
}

/** Type of the failure of an unsolicited reply when the tenant has no tokens left today. */
export const TENANT_TOKENS_SPENT = 'TenantTokensSpent';
