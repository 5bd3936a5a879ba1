import {
  answerAccepted,
  answerCallBody,
  callParams,
  idempotencyHeaders,
} from '../../contract/http.ts';
import { answerCall } from '../answer.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { BODY_PROBLEMS, RUNNING_PROBLEMS, problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

/** A person answers what a running call asks. */
export function answerRoute(
  app: Api,
  dependencies: Pick<ApiDependencies, 'store' | 'gateway'>,
): void {
  app.post(
    '/v1/conversations/:id/calls/:call_id/answer',
    {
      config: { needs: 'approve' },
      schema: {
        operationId: 'answerCall',
        summary: 'Answer the question of a call',
        description:
          'For a running call with a `question`: its tool, one of an MCP server, waits for a person. Content is checked against the `schema` of the question; ' +
          'a field that is left out has its default. Repeating an answer changes nothing; another one is refused.',
        tags: ['talking'],
        params: callParams,
        headers: idempotencyHeaders,
        body: answerCallBody,
        response: {
          202: answerAccepted,
          ...problemResponses(
            ...BODY_PROBLEMS,
            ...RUNNING_PROBLEMS,
            'call_not_found',
            'call_not_asking',
            'conversation_closed',
            'idempotency_conflict',
          ),
        },
      },
    },
    async (request, reply) => {
      const { call_id } = request.params;
      const { action } = request.body;
      const question_id = await answerCall(dependencies, conversationOf(request), {
        call_id,
        body: request.body,
        key: request.headers['idempotency-key'],
      });
      return reply.code(202).send({ call_id, question_id, action });
    },
  );
}
