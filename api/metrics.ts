/** API metrics for operators, in a separate registry, so that several services can share one process. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Bus } from '../stream/bus.ts';
import type { Api, Speculator } from './dependencies.ts';
import type { Streams } from './streams.ts';

export interface MetricSources {
  streams: Streams;
  bus: Pick<Bus, 'hearsAll'>;
  speculation?: Speculator;
}

/** Measures every request from now on, by route and never by URL: ids would create one series each. */
export function measure(app: Api, { streams, bus, speculation }: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const openStreams = new Gauge({
    name: 'meanwhile_open_streams',
    help: 'Number of open streams.',
    registers: [],
    collect() {
      this.set(streams.size);
    },
  });
  registry.registerMetric(openStreams);
  if (speculation) countGuesses(registry, speculation.counts);
  const hearing = new Gauge({
    name: 'meanwhile_bus_up',
    help: 'Whether live messages of other processes arrive: 1 or 0.',
    registers: [],
    collect() {
      this.set(bus.hearsAll() ? 1 : 0);
    },
  });
  registry.registerMetric(hearing);
  const durations = new Histogram({
    name: 'meanwhile_http_request_seconds',
    help: 'Time until the response was sent, excluding streams.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });

  app.addHook('onResponse', async (request, reply) => {
    if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) return;
    const route = request.routeOptions.url ?? 'none';
    const status = String(reply.statusCode);
    durations.observe({ method: request.method, route, status }, reply.elapsedTime / 1_000);
  });
  app.addHook('onClose', async () => registry.clear());
  return registry;
}

function countGuesses(registry: Registry, counts: Speculator['counts']): void {
  const guesses = new Counter({
    name: 'meanwhile_guesses_total',
    help: 'Requests sent to the model early, by their outcome.',
    labelNames: ['outcome'],
    registers: [],
    collect() {
      this.reset();
      this.inc({ outcome: 'adopted' }, counts.adopted);
      this.inc({ outcome: 'refused' }, counts.refused);
    },
  });
  const wasted = new Counter({
    name: 'meanwhile_guess_wasted_tokens_total',
    help: 'Tokens of refused guesses, estimated.',
    registers: [],
    collect() {
      this.reset();
      this.inc(counts.wasted_tokens);
    },
  });
  registry.registerMetric(guesses);
  registry.registerMetric(wasted);
}
