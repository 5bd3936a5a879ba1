import { randomUUID } from 'node:crypto';
import { waitForStore } from '../activities/wait-for-store.ts';
import type { Store } from '../store/store.ts';
import type { SpoolsOptions } from '../tools/keeper/spools.ts';

/**
 * Decides which host has a call, once, in the store that all workers share. Retries while the store is unavailable, as long as the
 * claim is wanted: an outage must not fail the call. The answer to a successful claim may be lost, so each claim has an id by which a
 * retry recognises it.
 */
export function claimIn(
  store: Pick<Store, 'claim'>,
  warn: (message: string, facts: object) => void,
): SpoolsOptions['claim'] {
  return async ({ tenant }, callId, host, signal) => {
    const place = { tenant, scope: `host of ${callId}`, key: 'host' };
    const mine: Claimed = { host, claim: randomUUID() };
    const said = await waitForStore(
      () => store.claim(place, '', mine),
      signal,
      (error) =>
        warn('The store did not say which host has the call. Retrying.', {
          call_id: callId,
          error,
        }),
    );
    const { host: holder, claim } = said.outcome === 'repeated' ? (said.answer as Claimed) : mine;
    return { holder, isNew: claim === mine.claim };
  };
}

interface Claimed {
  host: string;
  claim: string;
}
