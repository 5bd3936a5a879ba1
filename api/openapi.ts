/** The OpenAPI document, generated from the schemas that validate. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { entry } from '../contract/entry.ts';
import { callHead } from '../contract/head.ts';
import { conversation, listedConversation } from '../contract/http.ts';
import { STREAM_EVENTS } from '../contract/stream-event.ts';
import type { Api } from './dependencies.ts';
import { EVENT_DATA, streamEvent } from './describe-stream.ts';
import { problemDocument } from './problems.ts';

/** Call before registering any route. Serves `/openapi.json`, and `/docs` with all its assets. */
export async function describe(app: Api): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Meanwhile',
        description:
          'Agents that keep talking while their tools run. Errors are RFC 9457 problems.',
        version: '1',
      },
      tags: [
        { name: 'conversations', description: 'Start, inspect and end conversations.' },
        { name: 'talking', description: 'Send messages, interrupt, cancel.' },
        {
          name: 'remote tools',
          description: "For another team's service: push the events of a call.",
        },
        { name: 'log', description: 'Read the entries of a conversation, and follow them.' },
        { name: 'catalogue', description: 'List the agents and tools.' },
        {
          name: 'erasing',
          description: 'For administrators of a tenant: what is stored, and its end.',
        },
        { name: 'keys', description: 'For administrators of a tenant: its API keys.' },
        { name: 'service', description: 'For operators.' },
      ],
      components: { securitySchemes: SECURITY },
    },
    transform: createJsonSchemaTransform({}),
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // The default shows a badge from a server of swagger.io.
    uiConfig: { validatorUrl: null },
  });
  app.get('/openapi.json', { config: { needs: 'public' }, schema: { hide: true } }, () =>
    app.swagger(),
  );
}

/** The ways to authenticate. A service without keys requires none. */
const SECURITY = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, a token for one conversation, or a JSON Web Token.',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
} as const;

type OpenApi = ReturnType<typeof jsonSchemaTransformObject>;

/** Schemas that stand once in the document and are referred to by name. */
const COMPONENTS = {
  Entry: entry,
  StreamEvent: streamEvent,
  [EVENT_DATA.rewind]: STREAM_EVENTS.rewind,
  [EVENT_DATA.delta]: STREAM_EVENTS.delta,
  [EVENT_DATA.progress]: STREAM_EVENTS.progress,
  Conversation: conversation,
  ListedConversation: listedConversation,
  Call: callHead,
  Problem: problemDocument,
};
for (const [id, schema] of Object.entries(COMPONENTS)) {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
}

/** Keeps only the schemas that are referred to: every named one appears twice, as input and as output. */
function withoutUnused(document: OpenApi): OpenApi {
  if (!('components' in document)) return document;
  const { schemas: all = {} } = document.components ?? {};
  const used = new Set<string>();
  const visit = (part: unknown) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name!)) continue;
      used.add(name!);
      visit(all[name!]);
    }
  };
  visit(document.paths);
  const schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas } } as OpenApi;
}
