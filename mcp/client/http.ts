/** `fetch` for upstream MCP servers: follows the address rules of remote tools, and waits as long as a call takes. */
import dns from 'node:dns';
import { Agent, fetch as undiciFetch } from 'undici';
import { refuseUrl } from '../../remote/address.ts';
import { ForbiddenAddress, publicOnly } from '../../remote/request.ts';

/** @param allowPrivate whether the server may have an address that only this machine or network can reach */
export function upstreamFetch(allowPrivate: boolean): typeof fetch {
  const agent = new Agent({
    // A blocking call may be silent for hours; the call's own timeout ends it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 10_000, ...(!allowPrivate && { lookup: publicOnly(dns.lookup) }) },
  });
  return ((input: string | URL, init?: RequestInit) => {
    const problem = refuseUrl(String(input), { allowPrivate });
    if (problem) return Promise.reject(new ForbiddenAddress(`Its URL ${problem}.`));
    return undiciFetch(input, { ...init, dispatcher: agent } as never);
  }) as typeof fetch;
}
