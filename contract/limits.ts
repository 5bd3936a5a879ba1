/** Fewer tokens would hold little more than the prompt and the tools. */
export const MIN_CONTEXT_TOKENS = 2_000;

/** A reply may be this long in tokens. The largest still fits into what Temporal carries. */
export const MIN_REPLY_TOKENS = 100;
export const MAX_REPLY_TOKENS = 100_000;

/** A reply's activity has a quarter of an hour in all. */
export const LONGEST_WAIT_MS = 840_000;

/** The numbers of the turn-taking rules. They enter a workflow as an argument and stay with it. */
export interface Limits {
  /** R3: tool calls wait until the last user message is this old. Milliseconds. */
  settle_ms: number;
  /** R6: news waits this long for more of it. Milliseconds. */
  quiet_ms: number;
  /** R6: … but the first of it never longer than this. Milliseconds. */
  quiet_max_ms: number;
  /** R9: calls that run at once in a conversation. */
  max_running: number;
  /** R11: results within this time after the release go to the model in the same turn. Milliseconds. */
  grace_ms: number;
  /** Replies one cause may lead to before the agent waits for the user. */
  max_replies_per_turn: number;
  /** R12: turns of the agent's own within a minute; further ones wait. Absent, as with the next two: any number. */
  unsolicited_per_minute?: number;
  /** R12: turns of the agent's own before it waits for the user. */
  unsolicited_in_a_row?: number;
  /** R12: tokens of a conversation after which the agent no longer speaks by itself. */
  max_tokens?: number;
  /** How often the model is asked for a reply before it fails. */
  model_attempts: number;
  /** A run of the workflow this long continues as new at a quiet moment; twice as long, between two replies. Events. */
  max_history_events: number;
  /** A window of the log with more tokens than this gets a summary for its older part. Absent: all of the log is read each time. */
  context_tokens?: number;
}

/** A limit that keeps the agent quiet, as its `limit.reached` entry has it; also the detail of the failure below. */
export interface ReachedLimit {
  limit: string;
  value: number;
}

/** Type of the failure of an unsolicited reply for which the tenant has no tokens left today. */
export const TENANT_TOKENS_SPENT = 'TenantTokensSpent';
