/** The HTTP API: it validates, signals and streams, and decides nothing. */
import Fastify from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { authenticate } from './authenticate.ts';
import { readBodies } from './body.ts';
import { answerClientErrors, clientErrors } from './client-errors.ts';
import { allowOrigins } from './cors.ts';
import type { Api, ApiDependencies } from './dependencies.ts';
import { drainOnClose } from './drain.ts';
import { requestIdOf, sealResponses } from './envelope.ts';
import { handleError, handleNotFound } from './errors.ts';
import { GatewayUnavailable } from './gateway.ts';
import { limitRequests } from './limit-requests.ts';
import { answerOtherMethods } from './methods.ts';
import { explained } from './not-running.ts';
import { measure } from './metrics.ts';
import { describe } from './openapi.ts';
import { aboutRoute } from './routes/about.ts';
import { createPermits } from './permits.ts';
import { createQuotas } from './quotas.ts';
import { answerRoute } from './routes/answer.ts';
import { approvalRoute } from './routes/approval.ts';
import { callEventsRoute } from './routes/call-events.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { codecRoute } from './routes/codec.ts';
import { controlRoutes } from './routes/control.ts';
import { createRoute } from './routes/create.ts';
import { eraseRoutes } from './routes/erase.ts';
import { keyRoutes } from './routes/keys.ts';
import { logRoutes } from './routes/log.ts';
import { lookRoutes } from './routes/look.ts';
import { mcpRoute } from './routes/mcp.ts';
import { modelProxyRoutes } from './routes/model-proxy.ts';
import { messageRoute } from './routes/message.ts';
import { pageRoutes } from './routes/page.ts';
import { resultRoute } from './routes/result.ts';
import { serviceRoutes } from './routes/service.ts';
import { streamRoute } from './routes/stream.ts';
import { tokenRoute } from './routes/tokens.ts';
import { turnRoutes } from './routes/turns.ts';
import { createHub } from '../stream/hub.ts';
import { createQuickCalls } from './quick-calls.ts';
import { createStreams } from './streams.ts';

export type { Api, ApiDependencies } from './dependencies.ts';

/** Ready for `listen`, `inject` or further plugins. Closing it ends every stream, but closes none of its dependencies. */
export async function buildApp(dependencies: ApiDependencies): Promise<Api> {
  const { logger, settings } = dependencies;
  const app: Api = Fastify({
    ...(logger ? { loggerInstance: logger } : { logger: false }),
    bodyLimit: settings.MEANWHILE_MAX_MESSAGE_BYTES,
    // Requests that still arrive are answered as usual: see drain.ts.
    return503OnClosing: false,
    // The default of 100 is too short for the token in a push URL.
    routerOptions: { maxParamLength: 1_000 },
    ...clientErrors,
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(async (error, request, reply) =>
    handleError(await explained(error, dependencies.store), request, reply),
  );
  app.setNotFoundHandler(handleNotFound);
  sealResponses(app);
  await allowOrigins(app, settings);
  answerOtherMethods(app);
  authenticate(app, dependencies.access);
  const quotas = createQuotas(settings, dependencies.store);
  const permits = createPermits(dependencies.access, dependencies.streaming?.ticker);
  const parts = { ...dependencies, quotas, permits };
  limitRequests(app, quotas);
  readBodies(app);
  answerClientErrors(app);

  const { store, bus, gateway, streaming } = dependencies;
  const hub = createHub({
    store,
    bus,
    isOver: (conversation) => gateway.isOver(conversation).catch(notKnown),
    ...streaming,
  });
  // Before the other hooks: requests that wait for news are answered at once, and do not delay the close.
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  const streams = createStreams();
  app.addHook('preClose', () => streams.closeAll());
  drainOnClose(app, dependencies.grace_ms);
  const metrics = measure(app, { streams, bus, speculation: dependencies.speculation });
  await describe(app);

  createRoute(app, parts);
  lookRoutes(app, parts);
  messageRoute(app, parts);
  controlRoutes(app, parts);
  approvalRoute(app, parts);
  answerRoute(app, parts);
  callEventsRoute(app, parts);
  logRoutes(app, parts);
  resultRoute(app, parts);
  turnRoutes(app, parts);
  streamRoute(app, parts, streams, hub);
  const quick =
    parts.quick && createQuickCalls(parts.quick, { ...parts, logger: app.log }, closing.signal);
  if (quick) app.addHook('onClose', () => quick.close());
  const live = { hub, quick, closing: closing.signal };
  mcpRoute(app, parts, live);
  modelProxyRoutes(app, parts, live);
  eraseRoutes(app, parts);
  if (parts.codec) codecRoute(app, parts.codec);
  tokenRoute(app, parts);
  keyRoutes(app, parts);
  catalogueRoutes(app, parts);
  serviceRoutes(app, parts, metrics, closing.signal);
  aboutRoute(app, parts);
  pageRoutes(app, parts);
  return app;
}

/** While Temporal is unavailable, the conversation counts as not over, and its streams stay open. */
function notKnown(error: unknown): false {
  if (!(error instanceof GatewayUnavailable)) throw error;
  return false;
}
