/** `fetch` for upstream MCP servers: follows the address rules of remote tools, and waits as long as a call takes. */
import dns from 'node:dns';
import { Agent, fetch as undiciFetch } from 'undici';
import { refuseUrl } from '../../security/remote/address.ts';
import { ForbiddenAddress, publicOnly } from '../../security/remote/request.ts';

/** @param allowPrivate whether the server may have an address that only this machine or network can reach */
export function upstreamFetch(allowPrivate: boolean): typeof fetch {
  const agent = new Agent({
    // A blocking call may be silent for hours; the call's own timeout ends it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 10_000, ...(!allowPrivate && { lookup: publicOnly(dns.lookup) }) },
  });
  const send = ((input: string | URL, init?: RequestInit) => {
    const problem = refuseUrl(String(input), { allowPrivate });
    if (problem) return Promise.reject(new ForbiddenAddress(`Its URL ${problem}.`));
    return undiciFetch(input, { ...init, dispatcher: agent } as never);
  }) as typeof fetch;
  return closingCancelled(send);
}

/**
 * Closes the response stream of a request once its cancellation has been sent. A server of the older protocol without sessions cannot
 * relate the notification to a request. It stops the work when the stream is closed.
 */
function closingCancelled(send: typeof fetch): typeof fetch {
  const open = new Map<unknown, AbortController>();
  return async (input, init) => {
    const { id, method, params } = messageIn(init?.body);
    if (method === 'notifications/cancelled') {
      const response = await send(input, init);
      open.get(params?.requestId)?.abort();
      return response;
    }
    if (method !== 'tools/call' || id === undefined) return send(input, init);
    const closing = new AbortController();
    open.set(id, closing);
    // Entries of answered requests are not removed, but the oldest ones are. A thousand requests are never in flight at once.
    if (open.size > MOST_OPEN) open.delete(open.keys().next().value);
    const signals = [closing.signal, ...(init?.signal ? [init.signal] : [])];
    return send(input, { ...init, signal: AbortSignal.any(signals) });
  };
}

const MOST_OPEN = 1_000;

interface Message {
  id?: unknown;
  method?: string;
  params?: { requestId?: unknown };
}

function messageIn(body: unknown): Message {
  if (typeof body !== 'string') return {};
  const message = JSON.parse(body) as Message | Message[];
  return Array.isArray(message) ? {} : message;
}
