/** JSON-RPC with one proxy, over its standard input and output. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ProxyLink {
  readonly isOpen: boolean;
  /** @throws ProxyGone; TimedOut, after which the proxy is told that nobody waits; RefusedRequest */
  request(method: string, params: object, timeout_ms: number): Promise<any>;
  close(): void;
}

export class ProxyGone extends Error {}
export class TimedOut extends Error {}
export class RefusedRequest extends Error {}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export function linkTo(proxy: ChildProcess): ProxyLink {
  const waiting = new Map<number, Waiting>();
  let isOpen = true;
  let id = 0;
  proxy.stdin!.on('error', () => {});
  const write = (message: object) => proxy.stdin!.write(`${JSON.stringify(message)}\n`);
  createInterface({ input: proxy.stdout! }).on('line', (line) => {
    const { id: of, result, error } = JSON.parse(line);
    const own = waiting.get(of);
    waiting.delete(of);
    if (error) own?.reject(new RefusedRequest(`${error.message} (${error.code})`));
    else if (result) own?.resolve(result);
  });
  const gone = () => {
    isOpen = false;
    for (const { reject } of waiting.values()) reject(new ProxyGone());
    waiting.clear();
  };
  // What it wrote before it died is read first.
  proxy.once('close', gone);
  proxy.once('error', gone);

  return {
    get isOpen() {
      return isOpen;
    },
    request(method, params, timeout_ms) {
      if (!isOpen) return Promise.reject(new ProxyGone());
      const own = (id += 1);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      waiting.set(own, { resolve, reject });
      const timer = setTimeout(() => {
        if (!waiting.delete(own)) return;
        write({
          jsonrpc: '2.0',
          method: 'notifications/cancelled',
          params: { requestId: own },
        });
        reject(new TimedOut());
      }, timeout_ms);
      write({ jsonrpc: '2.0', id: own, method, params });
      return promise.finally(() => clearTimeout(timer));
    },
    close: () => proxy.stdin!.end(),
  };
}
