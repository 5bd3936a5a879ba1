/** Settings of turn-taking and its limits: docs/rules.md explains R3 to R12. */
import { MIN_CONTEXT_TOKENS } from '../contract/limits.ts';
import { whole, milliseconds, count, atOnce, tokens } from './values.ts';

export const turnsSettings = {
  MEANWHILE_SETTLE_MS: milliseconds
    .default(200)
    .describe('Tool calls wait until the last user message is this old (R3).'),
  MEANWHILE_QUIET_MS: milliseconds.default(250).describe('How long news waits for more news (R6).'),
  MEANWHILE_QUIET_MAX_MS: milliseconds
    .default(2_000)
    .describe('Longest that news waits for more news (R6).'),
  MEANWHILE_MAX_RUNNING: count
    .default(3)
    .describe('Maximum concurrent calls in a conversation (R9).'),
  MEANWHILE_MAX_RUNNING_PER_TENANT: count
    .optional()
    .describe('Maximum concurrent calls in all conversations of a tenant. Unset: no limit.'),
  MEANWHILE_MAX_TOOLS: atOnce
    .default(200)
    .describe(
      'Maximum concurrent tools in a worker process; further calls wait and show their place.',
    ),
  MEANWHILE_MAX_REPLIES: atOnce
    .default(200)
    .describe('Maximum concurrent replies and summaries in a worker process.'),
  MEANWHILE_MAX_ERRANDS: atOnce
    .default(100)
    .describe(
      'Maximum concurrent side tasks of calls: notifying remote services, slots, stopping programs.',
    ),
  MEANWHILE_GRACE_MS: milliseconds
    .default(1_500)
    .describe('Results that arrive within this time go to the model in the same turn (R11).'),
  MEANWHILE_MAX_REPLIES_PER_TURN: count
    .default(10)
    .describe('Maximum replies to one cause before the agent waits for the user.'),
  MEANWHILE_UNSOLICITED_PER_MINUTE: count
    .default(12)
    .describe('Maximum unprompted turns a minute; further news waits (R12).'),
  MEANWHILE_UNSOLICITED_IN_A_ROW: count
    .default(30)
    .describe('Maximum unprompted turns in a row before the agent waits for the user (R12).'),
  MEANWHILE_MAX_TOKENS: tokens
    .optional()
    .describe(
      'Tokens of a conversation after which the agent only answers the user. Unset: no limit.',
    ),
  MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY: tokens
    .optional()
    .describe('The same for all conversations of a tenant in a day (UTC). Unset: no limit.'),
  MEANWHILE_CONTEXT_TOKENS: whole(MIN_CONTEXT_TOKENS, 10_000_000)
    .default(32_000)
    .describe(
      'Most tokens of context sent to a model; the older part of a conversation is summarised before it is reached.',
    ),
};
