/** `meanwhile start`: a service until somebody stops it. */
import type { Settings } from '../config.ts';
import { banner } from './banner.ts';
import { aborted, runService } from './run-service.ts';

export function start(settings: Settings): Promise<void> {
  return runService(settings, async (service, signal) => {
    console.log(banner(service, settings));
    await aborted(signal);
  });
}
