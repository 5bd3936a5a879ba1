/**
 * Corrects, between the SDK's client and its transport, how the client handles messages:
 *
 * 1. Progress is read here. The client delivers it a moment later, and drops it if the result has arrived by then.
 * 2. A result of type `task` (io.modelcontextprotocol/tasks) is delivered as a complete result with the task in its `_meta`, because the
 *    client would refuse it. The same is done with the task that a server of 2025-11-25 returns in place of a result.
 * 3. If the response stream of a request ends without a response, the request fails. The client would wait forever.
 */
import type {
  JSONRPCMessage,
  RequestId,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/client';

export const TASKS = 'io.modelcontextprotocol/tasks';

export interface WireProgress {
  token: string | number;
  progress: number;
  total?: number;
  message?: string;
  /** `_meta` of the notification. */
  meta?: Record<string, unknown>;
}

/** Code of the error response that a request gets if its connection is lost. */
export const CONNECTION_LOST = -32_000;
export const LOST_MESSAGE = 'The connection was lost before the server answered.';

/**
 * Changes the given transport and returns it: the SDK recognises its own transports, so a wrapper would not do.
 * @param onProgress called with each progress notification
 */
export function onTheWire<T extends Transport>(
  transport: T,
  onProgress: (progress: WireProgress) => void = () => {},
): T {
  let handler: Transport['onmessage'];
  Object.defineProperty(transport, 'onmessage', {
    configurable: true,
    get: () => handler,
    set(given: Transport['onmessage']) {
      handler =
        given &&
        ((message, extra) => {
          const progress = progressIn(message);
          if (progress) onProgress(progress);
          else given(withTask(message), extra);
        });
    },
  });
  const send = transport.send.bind(transport);
  transport.send = (message: JSONRPCMessage, options?: TransportSendOptions) => {
    const id = requestIdOf(message);
    if (id === undefined) return underWay(transport, send(message, options));
    return send(message, {
      ...options,
      onRequestStreamEnd() {
        options?.onRequestStreamEnd?.();
        // After the response, the client ignores this error because it no longer knows the id.
        const error = { code: CONNECTION_LOST, message: LOST_MESSAGE };
        handler?.({ jsonrpc: '2.0', id, error });
      },
    });
  };
  return transport;
}

/** Resolves when every notification that is being sent has arrived, such as that of a cancellation. Never rejects. */
export async function flushed(transport: Transport): Promise<void> {
  await Promise.allSettled([...(sending.get(transport) ?? [])]);
}

const sending = new WeakMap<Transport, Set<Promise<void>>>();

function underWay(transport: Transport, sent: Promise<void>): Promise<void> {
  const all = sending.get(transport) ?? new Set();
  sending.set(transport, all.add(sent));
  void sent.catch(() => {}).finally(() => all.delete(sent));
  return sent;
}

function requestIdOf(message: JSONRPCMessage): RequestId | undefined {
  return 'method' in message && 'id' in message ? message.id : undefined;
}

function progressIn(message: JSONRPCMessage): WireProgress | undefined {
  if (!('method' in message) || message.method !== 'notifications/progress') return undefined;
  const { progressToken, progress, total, message: words, _meta } = message.params ?? {};
  const isToken = typeof progressToken === 'string' || typeof progressToken === 'number';
  if (!isToken || typeof progress !== 'number') return undefined;
  return {
    token: progressToken,
    progress,
    ...(typeof total === 'number' && { total }),
    ...(typeof words === 'string' && { message: words }),
    ...(typeof _meta === 'object' && _meta !== null && { meta: _meta }),
  };
}

function withTask(message: JSONRPCMessage): JSONRPCMessage {
  if (!('result' in message)) return message;
  const { resultType, _meta, ...given } = message.result;
  const task = resultType === 'task' ? given : given.task;
  if (!isTask(task)) return message;
  const result = { resultType: 'complete', content: [], _meta: { ..._meta, [TASKS]: task } };
  return { ...message, result };
}

const isTask = (given: unknown): given is { taskId: string } =>
  typeof given === 'object' &&
  given !== null &&
  typeof (given as { taskId?: unknown }).taskId === 'string';
