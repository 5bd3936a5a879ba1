/** Manages keys, for administrators of a tenant. The operator, who has the service's secret, may name any tenant. */
import type { FastifyRequest } from 'fastify';
import { createKey, managedBy, revokeKey, rotateKey } from '../../security/access/manage.ts';
import {
  apiKey,
  createdKey,
  createKeyBody,
  keyList,
  keyListQuery,
  keyParams,
  rotateKeyBody,
} from '../../contract/access.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { BODY_PROBLEMS, Problem, problemResponses } from '../problems.ts';
import { refuseMoreScopes } from '../scopes.ts';

export function keyRoutes(
  app: Api,
  { store, access }: Pick<ApiDependencies, 'store' | 'access'>,
): void {
  app.post(
    '/v1/keys',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'createKey',
        summary: 'Make an API key',
        description: 'The answer has the key, which is shown this once.',
        tags: ['keys'],
        body: createKeyBody,
        response: {
          201: createdKey,
          ...problemResponses(...BODY_PROBLEMS, 'store_unavailable'),
        },
      },
    },
    async (request, reply) => {
      const { tenant, ...wanted } = request.body;
      const of = managedTenant(request, tenant);
      refuseMoreScopes(request.principal, wanted.scopes);
      const made = await createKey(store, of, wanted);
      await access.changed();
      return reply.code(201).header('cache-control', 'no-store').send(made);
    },
  );

  app.get(
    '/v1/keys',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'listKeys',
        summary: 'List the API keys',
        tags: ['keys'],
        querystring: keyListQuery,
        response: { 200: keyList, ...problemResponses('invalid_request', 'store_unavailable') },
      },
    },
    async (request) => ({
      keys: await store.listKeys(managedBy(managedTenant(request, request.query.tenant))),
    }),
  );

  app.post(
    '/v1/keys/:key_id/rotate',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'rotateKey',
        summary: 'Replace an API key by a new one',
        description: 'The new key has the same scopes. The old one stays valid for a while.',
        tags: ['keys'],
        params: keyParams,
        body: rotateKeyBody,
        response: {
          201: createdKey,
          ...problemResponses(...BODY_PROBLEMS, 'key_not_found', 'key_ended', 'store_unavailable'),
        },
      },
    },
    async (request, reply) => {
      const { key_id: id } = request.params;
      const old = await find(request, id);
      refuseMoreScopes(request.principal, old.scopes);
      const made = await rotateKey(store, { id, tenants: [old.tenant] }, request.body);
      if (made === undefined) throw unknownKey(id);
      if (made === 'ended') throw new Problem('key_ended', `${id} was revoked or has expired.`);
      await access.changed();
      return reply.code(201).header('cache-control', 'no-store').send(made);
    },
  );

  app.delete(
    '/v1/keys/:key_id',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'revokeKey',
        summary: 'Revoke an API key',
        description:
          'In effect at once in the process that answers, and within 10 seconds in every other. Tokens that were made with it end too.',
        tags: ['keys'],
        params: keyParams,
        response: {
          200: apiKey,
          ...problemResponses('invalid_request', 'key_not_found', 'store_unavailable'),
        },
      },
    },
    async (request) => {
      const { key_id: id } = request.params;
      const { tenant } = await find(request, id);
      const ended = await revokeKey(store, { id, tenants: [tenant] });
      if (!ended) throw unknownKey(id);
      await access.changed();
      return ended;
    },
  );

  /** @throws Problem `key_not_found` for a key of another tenant, too */
  async function find(request: FastifyRequest, id: string) {
    refuseAnyone(request);
    const { kind, tenant } = request.principal;
    const key = await store.findKey({ id });
    if (!key || (kind !== 'operator' && !managedBy(tenant).includes(key.tenant))) {
      throw unknownKey(id);
    }
    return key;
  }
}

const unknownKey = (id: string) => new Problem('key_not_found', `There is no key ${id}.`);

/** The tenant whose keys the request is about. */
function managedTenant(request: FastifyRequest, named: string | undefined): string {
  refuseAnyone(request);
  const { kind, tenant } = request.principal;
  if (kind === 'operator') return named ?? tenant;
  if (named !== undefined && named !== tenant) {
    throw new Problem('forbidden', "Only the operator's commands may name another tenant.");
  }
  return tenant;
}

/** The first key closes the service to everyone without one, so reaching the service must not be enough to make it. */
function refuseAnyone({ principal }: FastifyRequest): void {
  if (principal.kind !== 'anyone') return;
  throw new Problem(
    'forbidden',
    'The service has no keys yet. The operator makes the first one: `meanwhile keys create`.',
  );
}
