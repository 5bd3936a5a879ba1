/** Cancels the call of a request that its client no longer waits for. */
import type { ApiParts } from './dependencies.ts';
import { signalExternal } from './external-conversation.ts';
import type { QuickCalls } from './quick-calls.ts';
import { callIdOf, type CallRequest, conversationOf } from './request-call.ts';

export interface CancelledRequest extends Pick<CallRequest, 'tenant' | 'client' | 'thread'> {
  key: string;
  /** The call that the request has joined. Default: one of its own. */
  call_id?: string;
}

/**
 * The cancel may come before the request, which may be on its way to another process: the conversation then cancels the call as soon
 * as it is requested.
 * @returns false if the call has ended and its conversation has not heard of it yet. The conversation ignores a cancel after the end
 */
export async function cancelRequest(
  {
    quick,
    ...dependencies
  }: Pick<ApiParts, 'store' | 'gateway' | 'limits' | 'quotas' | 'pushesTo'> & {
    quick?: Pick<QuickCalls, 'giveUp'> | undefined;
  },
  { tenant, client, thread, key, call_id }: CancelledRequest,
): Promise<boolean> {
  const own = callIdOf(tenant, key);
  const conversation = conversationOf({ tenant, client, thread: thread ?? own });
  const id = call_id ?? own;
  if ((await quick?.giveUp(conversation, id)) === 'over') return false;
  const agent = `client:${client}`;
  await signalExternal(
    dependencies,
    { conversation, agent, ...(thread !== undefined && { thread }) },
    () => dependencies.gateway.cancelCall(conversation, { call_id: id, by: agent }),
    () => dependencies.quotas.conversation(tenant),
  );
  return true;
}
