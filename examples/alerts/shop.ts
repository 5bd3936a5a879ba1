/** A small web shop that knows nothing of agents: it takes orders, writes a log and has a metric. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Shop {
  url: string;
  /** Path of its log: one line for each event, with its level. */
  log: string;
  /** A customer pays with a card that is refused. @returns the reference in the log */
  refuseCard(): Promise<string>;
  /** A customer pays while the payment provider is away. @returns the reference in the log */
  losePayments(): Promise<string>;
  /** This many customers order and wait for an answer, which the warehouse never gives. */
  crowd(customers: number): Promise<void>;
  close(): Promise<void>;
}

export async function startShop(log: string): Promise<Shop> {
  const waiting = new Set<ServerResponse>();
  const write = (level: string, text: string) =>
    appendFile(log, `${new Date().toISOString()} ${level} ${text}\n`);
  await write('INFO', 'the shop is open');

  const server = createServer((request, response) => {
    void (async () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://shop');
      const reference = searchParams.get('reference') ?? 'unknown';
      switch (pathname) {
        case '/metrics': {
          const gauge = `# TYPE shop_orders_waiting gauge\nshop_orders_waiting ${waiting.size}\n`;
          return response.setHeader('content-type', 'text/plain').end(gauge);
        }
        case '/order':
          waiting.add(response);
          response.once('close', () => waiting.delete(response));
          return;
        case '/refused':
          await write('WARN', `the card of order ${reference} was refused`);
          return response.writeHead(402).end();
        case '/no-provider':
          await write('FATAL', `the payment provider does not answer, incident ${reference}`);
          return response.writeHead(503).end();
        default:
          return response.writeHead(404).end();
      }
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function visit(path: string, letter: string): Promise<string> {
    const reference = `${letter}X-${randomInt(1_000, 10_000)}`;
    await fetch(`${url}/${path}?reference=${reference}`);
    return reference;
  }

  return {
    url,
    log,
    refuseCard: () => visit('refused', 'W'),
    losePayments: () => visit('no-provider', 'I'),
    async crowd(customers) {
      for (let nth = 0; nth < customers; nth++) fetch(`${url}/order`).catch(() => {});
      while (waiting.size < customers) await once(server, 'request');
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
