/**
 * Another team's program: follows the log and the metric of the shop, and pushes alerts to the calls that asked for them. An alert has
 * one of three urgencies: a warning is kept for the next turn (`silent`), a long queue is told when the agent is idle (`when_idle`),
 * and a fatal line interrupts the agent (`interrupt`).
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

const {
  SHOP_LOG = '',
  SHOP_METRICS = '',
  WATCHER_SECRET = '',
  WATCHER_BEAT_MS = '30000',
} = process.env;
const LOOK_MS = 200;

interface Watch {
  push_url: string;
  queue_above: number;
  stop: AbortController;
  /** Its events are numbered 1, 2, 3 … */
  n: number;
  isCrowded: boolean;
}

/** The watches by call id. */
const watches = new Map<string, Watch>();

const server = createServer((request, response) => {
  handle(request).then(
    (status) => response.writeHead(status).end(),
    () => response.writeHead(401).end(),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

/**
 * Resolves with the status of the answer.
 * @throws WebhookVerificationError for a request that the service has not signed
 */
async function handle(request: IncomingMessage): Promise<number> {
  const body = await text(request);
  new Webhook(WATCHER_SECRET).verify(body, request.headers as Record<string, string>);
  const { type, data } = JSON.parse(body);
  // The same announcement may come twice.
  if (type === 'call.requested' && !watches.has(data.call_id)) {
    const { push_url, input } = data;
    const stop = new AbortController();
    const watch = { push_url, queue_above: input.queue_above, stop, n: 0, isCrowded: false };
    watches.set(data.call_id, watch);
    follow(watch).catch((error: unknown) => {
      if (!stop.signal.aborted) console.error(error);
      watches.delete(data.call_id);
    });
  } else if (type === 'call.cancelled') {
    watches.get(data.call_id)?.stop.abort();
    watches.delete(data.call_id);
  }
  return 204;
}

async function follow(watch: Watch): Promise<void> {
  const log = await open(SHOP_LOG);
  try {
    let { size: at } = await log.stat();
    let rest = '';
    let lines = 0;
    for (let beat = 0; ; await sleep(LOOK_MS, undefined, { signal: watch.stop.signal })) {
      const { buffer, bytesRead } = await log.read({ position: at });
      at += bytesRead;
      const [...whole] = `${rest}${buffer.subarray(0, bytesRead).toString()}`.split('\n');
      rest = whole.pop()!;
      for (const line of whole) await checkLine(watch, line);
      lines += whole.length;
      const queue = await queueOf();
      await checkQueue(watch, queue);
      if (performance.now() < beat) continue;
      beat = performance.now() + Number(WATCHER_BEAT_MS);
      const note = `${lines} lines seen, ${queue} orders wait`;
      await push(watch, { kind: 'progress', percent: 0, note, schedule: 'silent' });
    }
  } finally {
    await log.close();
  }
}

async function checkLine(watch: Watch, line: string): Promise<void> {
  const [, at, level, what] = /^(\S+) (\w+) (.+)$/.exec(line) ?? [];
  if (level === 'WARN') await alert(watch, 'warning', { what, at }, 'silent');
  if (level === 'FATAL') await alert(watch, 'urgent', { what, at }, 'interrupt');
}

async function checkQueue(watch: Watch, queue: number): Promise<void> {
  const isCrowded = queue > watch.queue_above;
  if (isCrowded && !watch.isCrowded) {
    const what = `${queue} orders wait, more than ${watch.queue_above}; ticket QX-${randomInt(1_000, 10_000)}`;
    await alert(watch, 'queue', { what, at: new Date().toISOString() }, 'when_idle');
  }
  watch.isCrowded = isCrowded;
}

async function queueOf(): Promise<number> {
  const metrics = await (await fetch(SHOP_METRICS)).text();
  return Number(/^shop_orders_waiting (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

const alert = (watch: Watch, level: string, facts: object, schedule: string) =>
  push(watch, { kind: 'result', data: { level, ...facts }, schedule });

/** Retries with the same number until the push is accepted: a repeat changes nothing. */
async function push(watch: Watch, event: object): Promise<void> {
  const { push_url, stop } = watch;
  const body = JSON.stringify({ n: (watch.n += 1), ...event });
  const headers = { 'content-type': 'application/json' };
  for (let pause_ms = 100; ; pause_ms = Math.min(2 * pause_ms, 10_000)) {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]);
    const answer = await fetch(push_url, { method: 'POST', headers, body, signal }).catch(() =>
      stop.signal.throwIfAborted(),
    );
    if (answer?.ok) return;
    const isFinal = answer && answer.status < 500 && ![408, 429].includes(answer.status);
    if (isFinal) throw new Error(`${answer.status} ${await answer.text()}`);
    await sleep(pause_ms, undefined, { signal: stop.signal });
  }
}
