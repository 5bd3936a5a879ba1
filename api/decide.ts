/** Passes a person's decision about a call on to its conversation, for REST and MCP alike. */
import type { z } from 'zod';
import type { EntryOf } from '../contract/entry.ts';
import type { ApprovalDecision } from '../contract/head.ts';
import type { decideCallBody } from '../contract/http.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { isUnavailable } from '../store/unavailable.ts';
import { type Catalogue, toolOfCall } from '../tools/catalogue.ts';
import { isRemote } from '../tools/define.ts';
import { isAgreed } from '../tools/taken-input.ts';
import { allEntries } from '../store/all-entries.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { Decided } from './gateway.ts';
import { claimKey } from './idempotency.ts';
import { whyNotRunning } from './not-running.ts';
import { Problem } from './problems.ts';

/** @param request.key the idempotency key, if the client sent one */
export async function decideCall(
  { store, gateway, catalogue }: Pick<ApiDependencies, 'store' | 'gateway' | 'catalogue'>,
  conversation: ConversationKey,
  { call_id, body, key }: { call_id: string; body: z.infer<typeof decideCallBody>; key?: string },
): Promise<void> {
  const { decision, reason, author } = body;
  if (decision === 'approve') {
    await refuseIfChanged({ store, catalogue }, conversation, call_id).catch(unlessAway);
  }
  await claimKey(store, {
    tenant: conversation.tenant,
    scope: `approval of ${call_id} in ${conversation.id}`,
    key,
    body,
    answer: {},
    goesOnWithout: true,
  });
  const update = {
    call_id,
    decision,
    ...(reason !== undefined && { reason }),
    ...(author !== undefined && { by: author }),
  };
  let decided = await gateway.decideCall(conversation, update);
  // After a crash the log may be one task ahead of the workflow, which has caught up by the time it answers.
  if (isRefused(decided) && (await isShownAsAwaiting(store, conversation, call_id))) {
    decided = await gateway.decideCall(conversation, update);
  }
  if (decided.outcome === 'not_awaiting') throw new Problem('call_not_awaiting', decided.message);
  // The workflow remembers only its last calls, and ends when the conversation is closed. The log has all calls.
  if (decided.outcome !== 'accepted') {
    const known = await readDecision(store, conversation, call_id);
    if (known?.decision !== decision) {
      if (decided.outcome === 'not_running')
        throw await whyNotRunning({ store, gateway }, conversation);
      throw known
        ? new Problem('call_not_awaiting', `${call_id} does not await approval: it is over.`)
        : new Problem('call_not_found', `There is no call ${call_id}.`);
    }
  }
}

/** Refuses an approval if the tool, or the input that it would get, is not what the user was shown. */
async function refuseIfChanged(
  { store, catalogue }: Pick<ApiDependencies, 'store' | 'catalogue'>,
  conversation: ConversationKey,
  callId: string,
): Promise<void> {
  if (!(await isShownAsAwaiting(store, conversation, callId))) return;
  let requested: EntryOf<'call.requested'> | undefined;
  let asked: EntryOf<'call.awaiting_approval'> | undefined;
  for await (const entry of allEntries(store, conversation, [...ASKED])) {
    if (entry.call_id !== callId) continue;
    if (entry.kind === 'call.requested') requested = entry;
    else asked = entry;
  }
  const why = requested && (await whyChanged(catalogue, requested, asked));
  if (why) throw new Problem('tool_changed', `${why}: it can only be denied.`);
}

const ASKED = ['call.requested', 'call.awaiting_approval'] as const;

async function whyChanged(
  catalogue: Catalogue,
  { call_id, tool: name, input }: EntryOf<'call.requested'>,
  asked: EntryOf<'call.awaiting_approval'> | undefined,
): Promise<string | undefined> {
  const tool = await toolOfCall(catalogue, name);
  if (!tool) return `${name} was removed after ${call_id} was requested`;
  const taken = await tool.input.safeParseAsync(input);
  if (!taken.success) return `${name} no longer accepts the input of ${call_id}`;
  if (asked === undefined || !('input' in asked)) return undefined;
  // A remote service gets the input unparsed.
  return isAgreed(isRemote(tool) ? input : taken.data, asked.input)
    ? undefined
    : `${name} would now read the input of ${call_id} differently from what was shown`;
}

/** While the store is unavailable, changes cannot be checked here, and a changed call fails when it runs. */
function unlessAway(error: unknown): void {
  if (!isUnavailable(error)) throw error;
}

const isRefused = ({ outcome }: Decided) => outcome === 'not_found' || outcome === 'not_awaiting';

async function isShownAsAwaiting(
  store: Pick<Store, 'conversation'>,
  conversation: ConversationKey,
  callId: string,
): Promise<boolean> {
  const head = await store.conversation(conversation);
  return (
    head?.calls.some(({ id, status }) => id === callId && status === 'awaiting_approval') ?? false
  );
}

/** Undefined when no such call was requested. */
async function readDecision(
  store: Pick<Store, 'entries'>,
  conversation: ConversationKey,
  callId: string,
): Promise<{ decision?: ApprovalDecision } | undefined> {
  let call: { decision?: ApprovalDecision } | undefined;
  const kinds = ['call.requested', 'call.approved', 'call.denied'] as const;
  for await (const entry of allEntries(store, conversation, [...kinds])) {
    if (entry.call_id !== callId) continue;
    // A call that was not decided in time was denied by the system, not by a user.
    const isDecision = entry.kind !== 'call.requested' && entry.actor.type === 'user';
    const word = entry.kind === 'call.approved' ? 'approve' : 'deny';
    call = isDecision ? { decision: word } : { ...call };
  }
  return call;
}
