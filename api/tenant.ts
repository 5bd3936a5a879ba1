import type { FastifyRequest } from 'fastify';
import { type ConversationKey, DEFAULT_TENANT } from '../contract/names.ts';

/** Whose request it is. The one place to ask: everybody is the default tenant of a service without keys. */
export function tenantOf(_request: FastifyRequest): string {
  return DEFAULT_TENANT;
}

export const conversationOf = (
  request: FastifyRequest<{ Params: { id: string } }>,
): ConversationKey => ({ tenant: tenantOf(request), id: request.params.id });
