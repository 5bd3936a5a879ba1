/** Requests a call for a client that has its own model. */
import { createHash, randomUUID } from 'node:crypto';
import type { RequestedCall } from '../contract/call.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { QuickCall } from '../contract/quick.ts';
import type { CallEnd } from '../contract/signals.ts';
import { toolOfCall } from '../tools/catalogue.ts';
import { approvalOf } from '../tools/approval.ts';
import type { Tool } from '../tools/define.ts';
import { takenInput } from '../tools/taken-input.ts';
import type { ApiParts } from './dependencies.ts';
import { derivedId } from './ids.ts';
import type { QuickCalls } from './quick-calls.ts';
import type { SameCalls } from './same-calls.ts';
import { signalExternal } from './external-conversation.ts';
import { Problem } from './problems.ts';

export interface CallRequest {
  tenant: string;
  /** The client's name: the agent of the conversation, and the actor of its entries. */
  client: string;
  /** The client's own name for its thread. Calls of a thread share a conversation; a call without one gets a new conversation. */
  thread?: string;
  tool: string;
  input: unknown;
  /** Idempotency key: the same key is the same call. */
  key?: string;
  /** The call's position in the thread of a harness. */
  anchor?: string;
  /** Whether the client chose the key. If not, this is the open call of the thread with the same tool and input, if there is one. */
  isNamed?: boolean;
}

export interface CallRequested {
  conversation: ConversationKey;
  call_id: string;
  /** The end of a call that was made at once, or `goes_on` if it takes longer than the grace time. */
  made?: CallEnd | 'goes_on';
  /** The unchanged answer of an MCP server. */
  answer?: unknown;
  /** It had ended before it was requested this time. */
  isRepeat?: true;
}

export interface RequestingCaller {
  isGone(this: void): boolean;
  is(this: void, call_id: string): void;
}

type RequestDependencies = Pick<
  ApiParts,
  'store' | 'gateway' | 'catalogue' | 'limits' | 'quotas' | 'pushesTo'
> & {
  quick?: Pick<QuickCalls, 'run' | 'forget'>;
  same?: SameCalls;
};

/**
 * @param asking.isGone whether the client has hung up
 * @param asking.is called once it is known which call this is, before anything can come of it
 */
export async function requestCall(
  dependencies: RequestDependencies,
  {
    tenant,
    client,
    thread,
    tool: name,
    input,
    key = randomUUID(),
    isNamed = true,
    anchor,
  }: CallRequest,
  { isGone = () => false, is = () => {} }: Partial<RequestingCaller> = {},
): Promise<CallRequested> {
  const tool = await toolOfCall(dependencies.catalogue, name, tenant);
  if (!tool) throw new Problem('invalid_request', `There is no tool ${name}.`);
  const own = callIdOf(tenant, key);
  const conversation = conversationOf({ tenant, client, thread: thread ?? own });
  // A tool's own rule for duplicates takes precedence.
  const isJoined = !isNamed && thread !== undefined && tool.duplicates === undefined;
  const joined = isJoined
    ? await dependencies.same?.join({ conversation, tool: name, input, own })
    : undefined;
  let became: 'open' | 'over' | 'refused' = 'refused';
  try {
    const made = await callOf(tool, joined?.call_id ?? own, input);
    is(made.call_id);
    const call = { ...made, ...(anchor !== undefined && { anchor }) };
    const agent = `client:${client}`;
    const begun = { conversation, agent, ...(thread !== undefined && { thread }), call };
    const requested = await request(dependencies, begun, isGone);
    became = requested.made === undefined || requested.made === 'goes_on' ? 'open' : 'over';
    return requested;
  } finally {
    joined?.left(became);
  }
}

async function request(
  dependencies: RequestDependencies,
  begun: QuickCall,
  isGone: () => boolean,
): Promise<CallRequested> {
  const { gateway, quick, quotas } = dependencies;
  const { conversation, call } = begun;
  const { call_id } = call;
  let counted: Promise<void> | undefined;
  const mayBegin = () => (counted ??= quotas.conversation(conversation.tenant));
  const outcome = await quick?.run(begun, { isGone, mayBegin });
  if (outcome?.type === 'ended') {
    const { end: made, answer, isRepeat } = outcome;
    return {
      conversation,
      call_id,
      made,
      ...(answer !== undefined && { answer }),
      ...(isRepeat && { isRepeat }),
    };
  }
  if (outcome?.type === 'goes_on') return { conversation, call_id, made: 'goes_on' };
  await signalExternal(
    dependencies,
    begun,
    () => gateway.requestCall(conversation, { call }),
    mayBegin,
  );
  quick?.forget(conversation);
  return { conversation, call_id };
}

/** The conversation of a client's thread. */
export const conversationOf = ({
  tenant,
  client,
  thread,
}: Required<Pick<CallRequest, 'tenant' | 'client' | 'thread'>>): ConversationKey => ({
  tenant,
  id: derivedId('conv', tenant, 'client', client, thread),
});

/** In lower case, because the id is part of a workflow id. */
export const callIdOf = (tenant: string, key: string) =>
  `call_${createHash('sha256')
    .update(JSON.stringify([tenant, key]))
    .digest('hex')
    .slice(0, 20)}`;

/** The call with the settings of its tool, like a call of our own model. */
async function callOf(tool: Tool, call_id: string, input: unknown): Promise<RequestedCall> {
  const checked = await tool.input.safeParseAsync(input);
  if (!checked.success) {
    const errors = checked.error.issues.map(({ path, message }) => ({
      path: path.join('.'),
      message,
    }));
    const why = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new Problem('invalid_request', `The arguments of ${tool.name} do not fit. ${why}`, {
      errors,
    });
  }
  const { duplicates = 'allow' } = tool;
  const approval = approvalOf(tool);
  const isAsked = approval ?? duplicates === 'confirm';
  return {
    call_id,
    tool: tool.name,
    input,
    ...(isAsked && (await takenInput(tool, input))),
    ...(duplicates !== 'allow' && { duplicates }),
    ...(approval && { approval }),
  };
}
