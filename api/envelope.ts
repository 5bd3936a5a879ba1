/** Gives every response the id of its request, and headers that keep a browser from misreading it. */
import type { IncomingMessage } from 'node:http';
import type { Api } from './dependencies.ts';
import { randomId } from './ids.ts';

/** The client's own id, so that it is the same in both logs; else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomId('req');
}

/** Ids that cannot be mistaken for another part of a log line. */
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** Call before every other hook is added, so that the answers to their errors have these headers too. */
export function sealResponses(app: Api): void {
  app.addHook('onRequest', async ({ id, url }, { raw }) => {
    // Set on the raw response, to which streams write directly.
    raw.setHeader('x-request-id', id);
    raw.setHeader('x-content-type-options', 'nosniff');
    raw.setHeader('referrer-policy', 'no-referrer');
    raw.setHeader('x-frame-options', 'DENY');
    if (!IS_API.test(url)) return;
    raw.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    raw.setHeader('cache-control', 'no-store');
  });
}

/** Routes that answer with data of a tenant. Pages and their assets have other policies. */
const IS_API = /^\/(v1|mcp)(\/|\?|$)/;
