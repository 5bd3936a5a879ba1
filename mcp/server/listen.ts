/**
 * `subscriptions/listen` for tasks and resources. The SDK's handler does not support tasks and ends such a stream at once, so it is used
 * only to check the request.
 */
import { SERVER_INFO_META_KEY, SUBSCRIPTION_ID_META_KEY } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type McpRequest, type McpResources, type Tasks, UnknownTask } from './tool.ts';

export const listenMessage = z.looseObject({
  method: z.literal('subscriptions/listen'),
  id: z.union([z.string(), z.number()]),
  params: z.looseObject({
    notifications: z.looseObject({
      taskIds: z.array(z.string()).max(1_000).optional(),
      resourceSubscriptions: z.array(z.string()).max(1_000).optional(),
    }),
    _meta: z.record(z.string(), z.unknown()).optional(),
  }),
});

export type ListenMessage = z.infer<typeof listenMessage>;

export interface ListenOptions {
  tasks: Tasks;
  resources?: McpResources;
  server: { name: string; version: string };
  /** Interval of the comments that keep the stream open. Milliseconds; default 15,000. */
  keepAlive_ms?: number;
}

/**
 * Streams the changes until the client or the service closes. The first message names the subscriptions that are honoured; ids that are
 * not tasks or resources of the caller are left out.
 */
export async function listen(
  { tasks, resources, server, keepAlive_ms = 15_000 }: ListenOptions,
  { id, params }: ListenMessage,
  request: McpRequest,
): Promise<Response> {
  const { taskIds = [], resourceSubscriptions = [] } = params.notifications;
  const ending = new AbortController();
  const signal = AbortSignal.any([request.signal, request.closing, ending.signal]);
  const inStream = { ...request, signal };
  const known = await keep(taskIds, async (taskId) => {
    const isKnown = await tasks.get(taskId, request).then(Boolean, unlessUnknown);
    return isKnown ? tasks.follow(taskId, inStream) : undefined;
  });
  const read = await keep(resourceSubscriptions, async (uri) => resources?.follow(uri, inStream));
  const subscription = { [SUBSCRIPTION_ID_META_KEY]: id };
  const honoured = {
    ...(known.size > 0 && { taskIds: [...known.keys()] }),
    ...(read.size > 0 && { resourceSubscriptions: [...read.keys()] }),
  };

  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const write = (frame: string) => {
        if (!ending.signal.aborted) controller.enqueue(utf8.encode(frame));
      };
      const send = (message: object) =>
        write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
      const notify = (method: string, more: object) =>
        send({ method, params: { ...more, _meta: subscription } });

      notify('notifications/subscriptions/acknowledged', { notifications: honoured });
      const timer = setInterval(() => write(': keepalive\n\n'), keepAlive_ms);
      const following = [
        ...[...known.values()].map(async (states) => {
          for await (const task of states) notify('notifications/tasks', task);
        }),
        ...[...read].map(async ([uri, changes]) => {
          for await (const _ of changes) notify('notifications/resources/updated', { uri });
        }),
      ];
      const isOver = Promise.withResolvers<void>();
      if (signal.aborted || following.length === 0) isOver.resolve();
      else signal.addEventListener('abort', () => isOver.resolve(), { once: true });
      // The stream stays open after the end of its tasks: the client decides when to close it.
      Promise.all(following).catch(isOver.resolve);
      void isOver.promise.then(() => {
        clearInterval(timer);
        const result = {
          resultType: 'complete',
          _meta: { ...subscription, [SERVER_INFO_META_KEY]: server },
        };
        if (!request.signal.aborted) send({ id, result });
        ending.abort();
        try {
          controller.close();
        } catch {
          // The reader has cancelled it already.
        }
      });
    },
    cancel: () => ending.abort(),
  });
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

const utf8 = new TextEncoder();

/** What `find` returns for each name, without names for which it returns undefined. */
async function keep<T>(names: string[], find: (name: string) => Promise<T | undefined>) {
  const found = new Map<string, T>();
  for (const name of new Set(names)) {
    const one = await find(name);
    if (one !== undefined) found.set(name, one);
  }
  return found;
}

function unlessUnknown(error: unknown): false {
  if (!(error instanceof UnknownTask)) throw error;
  return false;
}
