/** POST to another team's service. Redirects are not followed: they could lead to an address that was not checked. */
import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPrivateAddress, refuseUrl } from './address.ts';

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** Timeout of the whole exchange. Milliseconds. */
  timeout_ms: number;
  allowPrivate: boolean;
  /** Default: the system's resolver. */
  lookup?: typeof dns.lookup;
}

export interface RemoteResponse {
  status: number;
  retryAfter?: string;
  /** The first 500 characters of the response body. */
  text: string;
}

/** The URL is, or resolves to, an address that may not be called. */
export class ForbiddenAddress extends Error {
  override name = 'ForbiddenAddress';
}

/** @throws ForbiddenAddress before anything is sent; Error for network failures and the timeout */
export async function post(url: string, options: PostOptions): Promise<RemoteResponse> {
  const { headers, body, timeout_ms, allowPrivate } = options;
  const problem = refuseUrl(url, { allowPrivate });
  if (problem) throw new ForbiddenAddress(`Its URL ${problem}.`);
  const { request } = url.startsWith('https:') ? https : http;
  const { promise, resolve, reject } = Promise.withResolvers<RemoteResponse>();
  const sent = request(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    // A connection of its own, so that its address is checked.
    agent: false,
    signal: AbortSignal.timeout(timeout_ms),
    lookup: allowPrivate ? undefined : publicOnly(options.lookup ?? dns.lookup),
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    readBeginning(response).then((text) => {
      resolve({
        status: response.statusCode!,
        ...(response.headers['retry-after'] && { retryAfter: response.headers['retry-after'] }),
        text,
      });
      sent.destroy();
    }, reject);
  });
  sent.end(body);
  return promise;
}

/** The connection uses the address returned here, so a name cannot resolve to another one afterwards. */
export function publicOnly(lookup: typeof dns.lookup): LookupFunction {
  return (hostname, options, done) =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '');
      const forbidden = addresses.find(({ address }) => isPrivateAddress(address));
      if (forbidden) {
        const message = `${hostname} leads to ${forbidden.address}, a private, local or reserved address.`;
        return done(new ForbiddenAddress(message), '');
      }
      if (options.all) return done(null, addresses);
      done(null, addresses[0]!.address, addresses[0]!.family);
    });
}

const LONGEST_TEXT = 500;

async function readBeginning(response: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += piece;
    if (text.length > LONGEST_TEXT) break;
  }
  return text.slice(0, LONGEST_TEXT).toWellFormed();
}
