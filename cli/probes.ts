/** The HTTP port of a worker: liveness, readiness and metrics. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { failures } from '../api/readiness.ts';
import { serviceUrl } from '../contract/service-url.ts';

export interface ProbeOptions {
  port: number;
  host: string;
}

export interface Probes {
  url: string;
  /** The worker has started: it is ready while all checks succeed. Before this call, and after `unready`, it is not ready. */
  ready(checks: Record<string, () => Promise<void>>): void;
  /** @param why one sentence */
  unready(why: string): void;
  close(): Promise<void>;
}

/** @throws the error of `listen` */
export async function startProbes({ port, host }: ProbeOptions): Promise<Probes> {
  let state: { checks: Record<string, () => Promise<void>> } | { why: string } = {
    why: 'The worker is starting.',
  };
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  async function readiness(): Promise<{ status: number; body: object }> {
    if ('why' in state) return { status: 503, body: { status: 'not ready', why: state.why } };
    const failed = (await failures(state.checks)).map(({ path }) => path);
    return failed.length === 0
      ? { status: 200, body: { status: 'ok' } }
      : { status: 503, body: { status: 'not ready', why: `Not answering: ${failed.join(', ')}.` } };
  }

  async function answer(method: string, path: string, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD')
      return send(response, 405, {}, { allow: 'GET, HEAD' });
    switch (path) {
      case '/healthz':
        return send(response, 200, { status: 'ok' });
      case '/readyz': {
        const { status, body } = await readiness();
        return send(response, status, body);
      }
      case '/metrics':
        response.writeHead(200, { 'content-type': registry.contentType });
        response.end(await registry.metrics());
        return;
      default:
        send(response, 404, { why: 'There are /healthz, /readyz and /metrics.' });
    }
  }

  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    answer(request.method ?? '', path, response).catch((error: unknown) =>
      response.destroy(error as Error),
    );
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: serviceUrl(host, (server.address() as AddressInfo).port),
    ready: (checks) => void (state = { checks }),
    unready: (why) => void (state = { why }),
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
      registry.clear();
    },
  };
}

function send(response: ServerResponse, status: number, body: object, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
