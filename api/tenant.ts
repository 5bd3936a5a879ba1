import type { FastifyRequest } from 'fastify';
import type { ConversationKey } from '../contract/names.ts';

/** The tenant of an authenticated request. */
export const tenantOf = ({ principal }: FastifyRequest): string => principal.tenant;

export const conversationOf = (
  request: FastifyRequest<{ Params: { id: string } }>,
): ConversationKey => ({ tenant: tenantOf(request), id: request.params.id });
