/** The Temporal server of a service: the configured one, or one that it starts itself. */
import type { Settings } from '../../config.ts';
import { waitForTemporal } from './ready.ts';
import { startTemporal, type RunningTemporal, type TemporalOptions } from './start.ts';

export type ReachedTemporal = Pick<RunningTemporal, 'address' | 'failed' | 'stop' | 'kill'> &
  Partial<Pick<RunningTemporal, 'uiUrl'>>;

/** How long to wait for an external server, which may start at the same time, as in a Compose file. */
const ANSWERS_WITHIN_MS = 60_000;

export async function reachTemporal(
  { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }: Settings,
  options: Pick<TemporalOptions, 'home' | 'log' | 'signal' | 'spawned'>,
): Promise<ReachedTemporal> {
  if (address === undefined) return startTemporal({ ...options, namespace });
  options.log(`Using the Temporal server at ${address}.`);
  options.spawned?.();
  await waitForTemporal({
    address,
    namespace,
    timeoutMs: ANSWERS_WITHIN_MS,
    ifNoNamespace: 'refuse',
    signal: options.signal,
  });
  return {
    address,
    failed: new Promise(() => {}),
    stop: () => Promise.resolve(),
    kill: () => {},
  };
}
