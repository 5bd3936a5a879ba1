/** Decides how workflows run, and remembers when one of them never yielded. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Logger, WorkflowBundleOption } from '@temporalio/worker';
import type { LeanOptions } from './lean-worker.ts';

/**
 * Undefined to run workflows the SDK's own way, if one never yielded with this bundle: the SDK watches each call, and fails only the
 * task of such a workflow.
 */
export function leanOptions(
  bundle: WorkflowBundleOption,
  {
    home,
    stackTraces,
    logger,
    failed,
  }: {
    home: string;
    stackTraces: boolean;
    logger: Logger;
    /** Called when a workflow never yields: the worker does nothing more, and its process has to end. */
    failed(error: Error): void;
  },
): LeanOptions | undefined {
  const folder = join(home, 'cache');
  const mark =
    'codePath' in bundle ? join(folder, `${basename(bundle.codePath)}.stuck`) : undefined;
  if (mark !== undefined && existsSync(mark)) {
    logger.warn(
      `A workflow did not yield before (see ${mark}), so each call into a workflow is watched, which costs more CPU.`,
    );
    return undefined;
  }
  return {
    stackTraces,
    stuck() {
      if (mark !== undefined) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(mark, `${new Date().toISOString()}\n`);
      }
      failed(
        new Error(
          'A workflow does not yield, so its worker has stopped. After the next start, each call into a workflow is watched, and only the ' +
            'task of a workflow that does not yield fails.',
        ),
      );
    },
  };
}
