/** `meanwhile start`: runs a service until it is stopped. */
import type { Settings } from '../config.ts';
import { banner } from './banner.ts';
import { aborted, runService } from './run-service.ts';
import { startService } from './service.ts';

export function start(settings: Settings): Promise<void> {
  return runService(
    (options) => startService(settings, options),
    async (service, signal) => {
      console.log(banner(service, settings));
      await aborted(signal);
    },
  );
}
