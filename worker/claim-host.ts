import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { insist } from '../activities/insist.ts';
import type { Store } from '../store/store.ts';
import type { SpoolsOptions } from '../tools/keeper/spools.ts';

/**
 * Which host has a call is said once and for all, in the store that all workers share. Asked for in an activity, for as long as that
 * is wanted: a store that is away is no reason for the call to fail. Its answer may be lost though it has written, so each claim has a name of its own to be known by.
 */
export function claimIn(store: Pick<Store, 'claim'>): SpoolsOptions['claim'] {
  return async ({ tenant }, callId, host) => {
    const place = { tenant, scope: `host of ${callId}`, key: 'host' };
    const mine: Claimed = { host, claim: randomUUID() };
    const { cancellationSignal, log } = Context.current();
    const said = await insist(
      () => store.claim(place, '', mine),
      cancellationSignal,
      (error) => log.warn('The store did not say which host has the call: asked again.', { error }),
    );
    const { host: holder, claim } = said.outcome === 'repeated' ? (said.answer as Claimed) : mine;
    return { holder, isNew: claim === mine.claim };
  };
}

interface Claimed {
  host: string;
  claim: string;
}
