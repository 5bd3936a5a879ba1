import {
  DefaultLogger,
  type LogLevel,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker';

let installed = false;

/**
 * Drops two expected warnings of the SDK: at each start, that the workers of tools and errands run no workflows; and for each reply that
 * is stopped before it has begun.
 */
class QuietLogger extends DefaultLogger {
  override warn(...[message, meta]: Parameters<DefaultLogger['warn']>): void {
    const isExpected =
      message.startsWith('No workflows registered') || meta?.error?.type === 'ReplyStopped';
    if (!isExpected) super.warn(message, meta);
  }
}

/** Installs Temporal's runtime, once per process. It logs nothing unless something is wrong. */
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
