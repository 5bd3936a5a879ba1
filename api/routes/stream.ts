import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { conversationParams } from '../../contract/http.ts';
import type { Hub } from '../../stream/hub.ts';
import { parsePosition, POSITION_PATTERN, START } from '../../stream/item.ts';
import { createPulse } from '../../stream/pulse.ts';
import { sendEvents } from '../../stream/sse.ts';
import { credentialOf } from '../authenticate.ts';
import type { Api, ApiParts } from '../dependencies.ts';
import { streamEvent } from '../describe-stream.ts';
import { unknownConversation } from '../not-running.ts';
import { problemResponses } from '../problems.ts';
import type { Streams } from '../streams.ts';
import { conversationOf } from '../tenant.ts';

const lastEventId = z
  .string()
  .regex(POSITION_PATTERN, 'must be the id of an event: <seq>.<revision>')
  .transform((text) => parsePosition(text)!);

const after = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8}))?$/, 'must be <seq> or <seq>.<revision>')
  .transform((text) => parsePosition(text) ?? { after: Number(text), revision: 0 })
  .describe(
    'Where to begin: `<seq>.<revision>`, or `<seq>` alone; then anything ever replaced at or before it is sent again after a rewind. ' +
      'Default: at the first entry.',
  );

export function streamRoute(
  app: Api,
  { streaming, quotas, permits }: Pick<ApiParts, 'streaming' | 'quotas' | 'permits'>,
  streams: Streams,
  hub: Hub,
): void {
  const pulse = createPulse(streaming?.heartbeat_ms ?? HEARTBEAT_MS, streaming?.ticker);

  app.get(
    '/v1/conversations/:id/stream',
    {
      // A HEAD request would be answered with a stream that has no reader.
      exposeHeadRoute: false,
      config: { needs: 'read' },
      schema: {
        operationId: 'stream',
        summary: 'Follow a conversation as server-sent events',
        description:
          'Sends the entries from your position on without gaps or repeats, then new ones as they come, with live text and progress in between. ' +
          'Ends when the conversation is closed; a client that reconnects then gets 204, which stops an EventSource. ' +
          'Ends also when the key or token is revoked or expires; a client that reconnects then gets 401.',
        tags: ['log'],
        params: conversationParams,
        querystring: z.strictObject({
          after: after.optional(),
        }),
        headers: z.looseObject({
          'last-event-id': lastEventId
            .optional()
            .describe('As sent by EventSource; takes precedence over `after`.'),
        }),
        response: {
          200: {
            description: 'The stream.',
            content: { 'text/event-stream': { schema: streamEvent } },
          },
          204: z
            .undefined()
            .describe('The conversation is closed and there is nothing more to read.'),
          ...problemResponses('invalid_request', 'conversation_not_found'),
        },
      },
    },
    async (request, reply) => {
      const conversation = conversationOf(request);
      const from = request.headers['last-event-id'] ?? request.query.after ?? START;
      const open = streams.open(reply.raw);
      quotas.stream(conversation.tenant, open);
      const allowed = permits.whileAllowed(credentialOf(request), reply.raw);
      const signal = AbortSignal.any([open, allowed]);
      const reading = hub.join(conversation, from, signal);
      // The stream must open soon, or an EventSource gives up. If the store hangs, the stream opens before it answers.
      const begun = await Promise.race([
        reading.begin(),
        sleep(PATIENCE_MS, 'open', { ref: false }),
      ]);
      if (begun === 'unknown') throw unknownConversation(conversation);
      if (begun === 'over') return reply.code(204).send();
      reply.hijack();
      try {
        await sendEvents(reply.raw, reading.items(), { signal, pulse });
      } catch (error) {
        // The headers have been sent; the reader reconnects on its own.
        request.log.error({ err: error }, 'A stream failed.');
      }
    },
  );
}

const HEARTBEAT_MS = 15_000;

/** How long a reader waits to learn whether there is anything to read. */
const PATIENCE_MS = 1_000;
