import type { FastifyRequest } from 'fastify';
import { type ConversationKey, DEFAULT_TENANT } from '../contract/names.ts';

/** The tenant of a request. The only place that decides it: without keys, every request belongs to the default tenant. */
export function tenantOf(_request: FastifyRequest): string {
  return DEFAULT_TENANT;
}

export const conversationOf = (
  request: FastifyRequest<{ Params: { id: string } }>,
): ConversationKey => ({ tenant: tenantOf(request), id: request.params.id });
