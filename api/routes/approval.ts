import {
  callParams,
  decideCallBody,
  decisionAccepted,
  idempotencyHeaders,
} from '../../contract/http.ts';
import { decideCall } from '../decide.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { BODY_PROBLEMS, RUNNING_PROBLEMS, problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

/** A user approves or denies a call. */
export function approvalRoute(
  app: Api,
  dependencies: Pick<ApiDependencies, 'store' | 'gateway' | 'catalogue'>,
): void {
  app.post(
    '/v1/conversations/:id/calls/:call_id/approval',
    {
      config: { needs: 'approve' },
      schema: {
        operationId: 'decideCall',
        summary: 'Approve or deny a call',
        description:
          'For a call whose status is `awaiting_approval`. Repeating a decision changes nothing; the opposite decision is refused. ' +
          'A call whose tool is gone, no longer accepts its input, or would read it differently from what was shown cannot be approved, only denied.',
        tags: ['talking'],
        params: callParams,
        headers: idempotencyHeaders,
        body: decideCallBody,
        response: {
          202: decisionAccepted,
          ...problemResponses(
            ...BODY_PROBLEMS,
            ...RUNNING_PROBLEMS,
            'call_not_found',
            'call_not_awaiting',
            'tool_changed',
            'conversation_closed',
            'idempotency_conflict',
          ),
        },
      },
    },
    async (request, reply) => {
      const { call_id } = request.params;
      const { decision } = request.body;
      await decideCall(dependencies, conversationOf(request), {
        call_id,
        body: request.body,
        key: request.headers['idempotency-key'],
      });
      return reply.code(202).send({ call_id, decision });
    },
  );
}
