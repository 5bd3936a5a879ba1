/** Runs a tool for a client that has a model of its own. */
import { createHash, randomUUID } from 'node:crypto';
import type { RequestedCall } from '../contract/call.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { CallEnd } from '../contract/signals.ts';
import { toolOfCall } from '../tools/catalogue.ts';
import { approvalOf } from '../tools/approval.ts';
import type { Tool } from '../tools/define.ts';
import { takenInput } from '../tools/taken-input.ts';
import type { ApiParts } from './dependencies.ts';
import { derivedId } from './ids.ts';
import type { QuickCalls } from './quick-calls.ts';
import { signalExternal } from './external-conversation.ts';
import { Problem } from './problems.ts';

export interface CallRequest {
  tenant: string;
  /** Whose call it is: becomes the agent of the conversation, and the actor of its entries. */
  client: string;
  /** The client's own name for its thread. Calls of a thread share a conversation. Without it, each call has one of its own. */
  thread?: string;
  tool: string;
  input: unknown;
  /** Idempotency key: the same key is the same call. */
  key?: string;
}

export interface CallRequested {
  conversation: ConversationKey;
  call_id: string;
  /** Its end, if it has been made and is over; or that it has been made, and takes longer than the grace time. */
  made?: CallEnd | 'goes_on';
  /** That of an MCP server, as it gave it. */
  answer?: unknown;
}

/** @param isGone whether the client has hung up */
export async function requestCall(
  dependencies: Pick<ApiParts, 'store' | 'gateway' | 'catalogue' | 'limits' | 'quotas'> & {
    quick?: Pick<QuickCalls, 'run' | 'forget'>;
  },
  { tenant, client, thread, tool: name, input, key = randomUUID() }: CallRequest,
  isGone: () => boolean = () => false,
): Promise<CallRequested> {
  const { gateway, catalogue, quick, quotas } = dependencies;
  const tool = await toolOfCall(catalogue, name);
  if (!tool) throw new Problem('invalid_request', `There is no tool ${name}.`);
  const call_id = callIdOf(tenant, key);
  const id = derivedId('conv', tenant, 'client', client, thread ?? call_id);
  const conversation = { tenant, id };
  const call = await callOf(tool, call_id, input);
  const agent = `client:${client}`;
  const begun = { conversation, agent, ...(thread !== undefined && { thread }), call };
  const outcome = await quick?.run(begun, isGone);
  if (outcome?.type === 'ended') {
    const { end: made, answer } = outcome;
    return { conversation, call_id, made, ...(answer !== undefined && { answer }) };
  }
  if (outcome?.type === 'goes_on') return { conversation, call_id, made: 'goes_on' };
  await signalExternal(
    dependencies,
    begun,
    () => gateway.requestCall(conversation, { call }),
    () => quotas.conversation(tenant),
  );
  quick?.forget(conversation);
  return { conversation, call_id };
}

/** In lower case, because the id is part of a workflow's. */
const callIdOf = (tenant: string, key: string) =>
  `call_${createHash('sha256')
    .update(JSON.stringify([tenant, key]))
    .digest('hex')
    .slice(0, 20)}`;

/** As a call of a model of ours: with what its tool says about such calls. */
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
