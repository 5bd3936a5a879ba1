import { signToken } from '../../security/access/token.ts';
import { createdToken, createTokenBody } from '../../contract/access.ts';
import { conversationParams } from '../../contract/http.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { unknownConversation } from '../not-running.ts';
import { BODY_PROBLEMS, Problem, problemResponses } from '../problems.ts';
import { refuseMoreScopes } from '../scopes.ts';
import { conversationOf } from '../tenant.ts';

/** Makes tokens with which a front end follows a conversation and talks, so that the application's key stays on the server. */
export function tokenRoute(
  app: Api,
  { store, pushSecret }: Pick<ApiDependencies, 'store' | 'pushSecret'>,
): void {
  app.post(
    '/v1/conversations/:id/tokens',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'createToken',
        summary: 'Make a token for a browser',
        description:
          'For this conversation alone, with rights that you have yourself. It ends with its time, or with the key that it was made with.',
        tags: ['keys'],
        params: conversationParams,
        body: createTokenBody,
        response: {
          201: createdToken,
          ...problemResponses(...BODY_PROBLEMS, 'conversation_not_found', 'store_unavailable'),
        },
      },
    },
    async (request, reply) => {
      const { principal } = request;
      const { scopes, expires_in_s } = request.body;
      if (principal.kind === 'token') {
        throw new Problem('forbidden', 'A token cannot make another one. Use a key.');
      }
      refuseMoreScopes(principal, scopes);
      const conversation = conversationOf(request);
      if (!(await store.conversation(conversation))) throw unknownConversation(conversation);
      const expires_at = Date.now() + expires_in_s * 1_000;
      const token = signToken(pushSecret, {
        kind: 'conversation',
        tenant: conversation.tenant,
        conversation: conversation.id,
        scopes,
        ...(principal.kind === 'key' && { key: principal.id }),
        expires_at,
      });
      return reply
        .code(201)
        .send({ token, scopes, expires_at: new Date(expires_at).toISOString() });
    },
  );
}
