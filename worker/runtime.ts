import {
  DefaultLogger,
  type LogLevel,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker';

let installed = false;

/** Temporal's runtime, one a process: quiet unless something is wrong. Installs it once. */
export function installRuntime(level: LogLevel = 'WARN'): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger(level),
    // The core warns of every activity that completes after it was cancelled: here, each interrupted reply.
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    // Signals are the service's to handle: it stops its parts in order.
    shutdownSignals: [],
  });
}
