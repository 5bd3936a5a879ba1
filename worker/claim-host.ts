import { randomUUID } from 'node:crypto';
import { insist } from '../activities/insist.ts';
import type { Store } from '../store/store.ts';
import type { SpoolsOptions } from '../tools/keeper/spools.ts';

/**
 * Which host has a call is said once and for all, in the store that all workers share. A store that is away is waited for: the
 * call must not fail for that. Its answer may be lost though it has written, so each claim has a name of its own to be known by.
 */
export function claimIn(store: Pick<Store, 'claim'>): SpoolsOptions['claim'] {
  return async ({ tenant }, callId, host) => {
    const place = { tenant, scope: `host of ${callId}`, key: 'host' };
    const mine: Claimed = { host, claim: randomUUID() };
    const said = await insist(() => store.claim(place, '', mine), NEVER, tryAgain);
    const { host: holder, claim } = said.outcome === 'repeated' ? (said.answer as Claimed) : mine;
    return { holder, isNew: claim === mine.claim };
  };
}

interface Claimed {
  host: string;
  claim: string;
}

/** The call's own time limit ends the wait. */
const NEVER = new AbortController().signal;

const tryAgain = () => {};
