/** Begins a conversation, for REST and MCP alike. */
import type { z } from 'zod';
import type { Agent } from '../agents/define.ts';
import type { createConversationBody } from '../contract/http.ts';
import type { StoredConversation } from '../store/store.ts';
import type { Catalogue } from '../tools/catalogue.ts';
import type { ApiParts } from './dependencies.ts';
import { claimKey } from './idempotency.ts';
import { derivedId, randomId } from './ids.ts';
import { Problem } from './problems.ts';

export interface Begun {
  answer: StoredConversation;
  /** Undefined when it begins without a message. */
  message_id?: string;
}

/** @param request.key the idempotency key, if the client sent one */
export async function beginConversation(
  {
    store,
    gateway,
    catalogue,
    limits,
    quotas,
  }: Pick<ApiParts, 'store' | 'gateway' | 'catalogue' | 'limits' | 'quotas'>,
  {
    tenant,
    body,
    key,
  }: { tenant: string; body: z.infer<typeof createConversationBody>; key?: string },
): Promise<Begun> {
  const agent = findAgent(catalogue, body.agent);
  await quotas.conversation(tenant);
  if (body.message) await quotas.tokens(tenant);
  const id = key === undefined ? randomId('conv') : derivedId('conv', tenant, key);
  const { answer, repeated } = await claimKey(store, {
    tenant,
    scope: 'conversations',
    key,
    body,
    answer: newConversation(id, body),
  });

  const conversation = { tenant, id };
  // Checks that the store answers: a conversation that starts but cannot be entered in the store would be orphaned.
  if (key === undefined) await store.marks([{ tenant, id }]);

  const message_id = derivedId('msg', tenant, id);
  // A conversation in the log has been started. Temporal may have deleted its workflow since, and must not start it again.
  if (!repeated || !(await store.conversation(conversation))) {
    await gateway.start(
      { conversation, agent: agent.name, limits: { ...limits, ...agent.limits } },
      body.message && { message_id, ...body.message },
    );
  }
  await store.open(conversation, { ...body, at: answer.created_at });
  return { answer, ...(body.message && { message_id }) };
}

function findAgent({ agents }: Catalogue, name: string): Agent {
  const agent = agents.get(name);
  if (agent) return agent;
  const known = [...agents.keys()].join(', ') || 'none';
  throw new Problem('unknown_agent', `There is no agent ${name}. Known agents: ${known}.`);
}

function newConversation(
  id: string,
  { agent, metadata }: Pick<StoredConversation, 'agent' | 'metadata'>,
): StoredConversation {
  const now = new Date().toISOString();
  return {
    id,
    agent,
    metadata,
    status: 'idle',
    calls: [],
    usage: { input_tokens: 0, output_tokens: 0 },
    created_at: now,
    updated_at: now,
    last_seq: 0,
    revision: 0,
  };
}
