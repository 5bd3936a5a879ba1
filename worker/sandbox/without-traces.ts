import type { DefaultLogger, Logger } from '@temporalio/worker';

/**
 * For each task the SDK's worker puts together the facts of some lines about its own steps, whether or not its logger drops them.
 * Without effect if the logger keeps them, or does not say what it keeps.
 * @param worker its `logger` is one of its internal parts
 */
export function withoutTraces(worker: object, { level }: Partial<DefaultLogger>): void {
  const { logger } = worker as { logger?: Logger };
  if (logger && level !== undefined && level !== 'TRACE') logger.trace = () => {};
}
