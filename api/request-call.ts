/** Runs a tool for a client that has a model of its own. */
import { createHash, randomUUID } from 'node:crypto';
import type { RequestedCall } from '../contract/call.ts';
import type { ConversationKey } from '../contract/names.ts';
import { approvalOf } from '../tools/approval.ts';
import type { Tool } from '../tools/define.ts';
import { takenInput } from '../tools/taken-input.ts';
import type { ApiParts } from './dependencies.ts';
import { derivedId } from './ids.ts';
import { whyNotRunning } from './not-running.ts';
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

/** The conversation is begun with the first call of its thread. */
export async function requestCall(
  dependencies: Pick<ApiParts, 'store' | 'gateway' | 'catalogue' | 'limits' | 'quotas'>,
  { tenant, client, thread, tool: name, input, key = randomUUID() }: CallRequest,
): Promise<{ conversation: ConversationKey; call_id: string }> {
  const { store, gateway, catalogue, limits, quotas } = dependencies;
  const tool = catalogue.tools.get(name);
  if (!tool) throw new Problem('invalid_request', `There is no tool ${name}.`);
  const call_id = callIdOf(tenant, key);
  const id = derivedId('conv', tenant, 'client', client, thread ?? call_id);
  const conversation = { tenant, id };
  const call = await callOf(tool, call_id, input);
  if ((await gateway.requestCall(conversation, { call })) === 'sent') {
    return { conversation, call_id };
  }
  await quotas.conversation(tenant);
  const agent = `client:${client}`;
  // Checks that the store answers: a conversation that starts but cannot be entered in the store would be orphaned.
  const known = await store.conversation(conversation);
  if (known?.status === 'closed') throw await whyNotRunning({ store, gateway }, conversation);
  await gateway.start({ conversation, agent, limits, replies: 'external' });
  const at = new Date().toISOString();
  await store.open(conversation, { agent, metadata: thread === undefined ? {} : { thread }, at });
  if ((await gateway.requestCall(conversation, { call })) !== 'sent') {
    throw await whyNotRunning({ store, gateway }, conversation);
  }
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
