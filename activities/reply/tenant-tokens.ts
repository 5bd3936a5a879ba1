/** R12, across conversations: what a tenant may spend in a day before its agents speak only when asked. Days are in UTC. */
import { ApplicationFailure } from '@temporalio/common';
import type { Usage } from '../../contract/entry.ts';
import { type ReachedLimit, TENANT_TOKENS_SPENT } from '../../contract/limits.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';

/**
 * @param most no limit when absent
 * @throws ApplicationFailure `TenantTokensSpent`, with the limit as its detail
 */
export async function refuseIfSpent(
  store: Pick<Store, 'tokensSpent'>,
  { tenant }: ConversationKey,
  most?: number,
): Promise<void> {
  if (most === undefined || (await store.tokensSpent({ tenant, day: today() })) < most) return;
  const message = `${tenant} has used its ${most} tokens for the day (UTC).`;
  const limit: ReachedLimit = { limit: 'max_tokens_per_tenant_per_day', value: most };
  throw ApplicationFailure.nonRetryable(message, TENANT_TOKENS_SPENT, limit);
}

/**
 * Counts tokens as soon as they are spent: an answer is paid for even if it is no longer wanted, and each time it is requested
 * again.
 */
export function spend(
  store: Pick<Store, 'spendTokens'>,
  { tenant }: ConversationKey,
  { input_tokens, output_tokens }: Usage,
): Promise<void> {
  return store.spendTokens({ tenant, day: today() }, input_tokens + output_tokens);
}

const today = () => new Date().toISOString().slice(0, 10);
