import type { Agent } from '../../agents/define.ts';
import {
  conversation as conversationSchema,
  createConversationBody,
  idempotencyHeaders,
} from '../../contract/http.ts';
import type { Conversation } from '../../store/store.ts';
import type { Catalogue } from '../../tools/catalogue.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { claimKey } from '../idempotency.ts';
import { derivedId, randomId } from '../ids.ts';
import { BODY_PROBLEMS, Problem, problemResponses } from '../problems.ts';
import { tenantOf } from '../tenant.ts';

export function createRoute(
  app: Api,
  {
    store,
    gateway,
    catalogue,
    limits,
  }: Pick<ApiDependencies, 'store' | 'gateway' | 'catalogue' | 'limits'>,
): void {
  app.post(
    '/v1/conversations',
    {
      schema: {
        operationId: 'createConversation',
        summary: 'Begin a conversation',
        description: 'With `message`, the agent starts to answer at once.',
        tags: ['conversations'],
        headers: idempotencyHeaders,
        body: createConversationBody,
        response: {
          201: conversationSchema,
          ...problemResponses(
            ...BODY_PROBLEMS,
            'idempotency_conflict',
            'unknown_agent',
            'store_unavailable',
            'temporal_unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const agent = findAgent(catalogue, body.agent);
      const tenant = tenantOf(request);
      const key = request.headers['idempotency-key'];
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

      // A conversation in the log has been started. Temporal may have forgotten it since, and must not start it again.
      if (!repeated || !(await store.conversation(conversation))) {
        await gateway.start(
          { conversation, agent: agent.name, limits: { ...limits, ...agent.limits } },
          body.message && { message_id: derivedId('msg', tenant, id), ...body.message },
        );
      }
      await store.open(conversation, { ...body, at: answer.created_at });
      return reply.code(201).header('location', `/v1/conversations/${id}`).send(answer);
    },
  );
}

function findAgent({ agents }: Catalogue, name: string): Agent {
  const agent = agents.get(name);
  if (agent) return agent;
  const known = [...agents.keys()].join(', ') || 'none';
  throw new Problem('unknown_agent', `There is no agent ${name}. Known agents: ${known}.`);
}

function newConversation(
  id: string,
  { agent, metadata }: Pick<Conversation, 'agent' | 'metadata'>,
): Conversation {
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
