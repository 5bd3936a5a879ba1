/** JSON-RPC over a WebSocket, for a few requests. */

export interface Rpc {
  /** @throws RefusedCall if the other side answers with an error; Error if the connection has closed */
  call<T>(method: string, params: object): Promise<T>;
  notify(method: string): void;
  close(): void;
}

export class RefusedCall extends Error {
  override name = 'RefusedCall';
}

/**
 * @param signal closes the connection when it aborts
 * @throws Error if the URL cannot be reached
 */
export async function connect(url: string, signal: AbortSignal): Promise<Rpc> {
  const socket = new WebSocket(url);
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {});
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  const close = () => socket.close();
  signal.addEventListener('abort', close, { once: true });
  socket.addEventListener('close', () => {
    signal.removeEventListener('abort', close);
    gone.reject(new Error(`${url} cannot be reached, or has closed the connection.`));
  });
  // A `close` event follows, which rejects.
  socket.addEventListener('error', () => {});
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = messageIn(String(data));
    const asked = id === undefined ? undefined : waiting.get(id);
    if (!asked) return;
    waiting.delete(id!);
    if (error) asked.reject(new RefusedCall(error.message));
    else asked.resolve(result);
  });
  const opened = new Promise<void>((resolve) =>
    socket.addEventListener('open', () => resolve(), { once: true }),
  );
  await Promise.race([opened, gone.promise]);
  return {
    async call<T>(method: string, params: object) {
      const asked = Promise.withResolvers<unknown>();
      waiting.set(++count, asked);
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: count, method, params }));
      return (await Promise.race([asked.promise, gone.promise])) as T;
    },
    notify: (method) => socket.send(JSON.stringify({ jsonrpc: '2.0', method })),
    close,
  };
}

/** Empty for a text that is not JSON, because an error in the event listener would end the process. */
function messageIn(text: string): Message {
  try {
    return (JSON.parse(text) as Message | null) ?? {};
  } catch {
    return {};
  }
}

interface Message {
  id?: number;
  result?: unknown;
  error?: { message: string };
}
