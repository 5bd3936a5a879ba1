import {
  DefaultLogger,
  type LogLevel,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker';

let installed = false;

/**
 * Workers of tools and errands run no workflows, about which the SDK warns at each start; and it warns about each reply that was
 * stopped before it had begun.
 */
class QuietLogger extends DefaultLogger {
  override warn(...[message, meta]: Parameters<DefaultLogger['warn']>): void {
    const isExpected =
      message.startsWith('No workflows registered') || meta?.error?.type === 'ReplyStopped';
    if (!isExpected) super.warn(message, meta);
  }
}

/** Temporal's runtime, one per process: quiet unless something is wrong. Installs it once. */
export function installRuntime(level: LogLevel = 'WARN'): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new QuietLogger(level),
    // The core warns about every activity that completes after it was cancelled: here, every interrupted reply.
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    // The service handles signals itself: it stops its parts in order.
    shutdownSignals: [],
  });
}
