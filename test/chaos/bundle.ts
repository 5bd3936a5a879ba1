/** The workflow code of a chaos run: the service's own, which also tells when a run continues as new. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode } from '@temporalio/worker';
import { bundleOptions } from '../../worker/bundle.ts';

const TELLS = fileURLToPath(new URL('continue-as-new.ts', import.meta.url));

/** @returns the file that contains it */
export async function bundleInto(folder: string): Promise<string> {
  const { code } = await bundleWorkflowCode(chaosBundleOptions());
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  return file;
}

/** The service's interceptors stay: without them a run tests something else than the service. */
export function chaosBundleOptions(): BundleOptions {
  const { workflowInterceptorModules = [], ...options } = bundleOptions();
  return { ...options, workflowInterceptorModules: [...workflowInterceptorModules, TELLS] };
}
