/** The contract of a store as tests. Any implementation of `Store` has to pass them. */
import { afterAll, beforeAll, describe } from 'vitest';
import { callsContract } from './calls.contract.ts';
import { conversationsContract } from './conversations.contract.ts';
import { draftsContract } from './drafts.contract.ts';
import { eraseContract } from './erase.contract.ts';
import { fencesContract } from './fences.contract.ts';
import { keysContract } from './keys.contract.ts';
import { logContract } from './log.contract.ts';
import { pruneContract } from './prune.contract.ts';
import { recordContract } from './record.contract.ts';
import { resetsContract } from './resets.contract.ts';
import { resultsContract } from './results.contract.ts';
import { retentionContract } from './retention.contract.ts';
import { slotsContract } from './slots.contract.ts';
import { searchContract } from './search.contract.ts';
import type { Store } from '../../store/store.ts';
import { tenantsContract } from './tenants.contract.ts';
import { tokensContract } from './tokens.contract.ts';

/** Declares the tests. `open` is called once; the store that it returns is closed at the end. */
export function storeContract(
  name: string,
  open: () => Promise<Store>,
  { searched = 'words' }: { searched?: 'words' | 'titles' } = {},
): void {
  describe(name, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    recordContract(() => store);
    fencesContract(() => store);
    resetsContract(() => store);
    logContract(() => store);
    draftsContract(() => store);
    conversationsContract(() => store);
    searchContract(() => store, searched);
    slotsContract(() => store);
    callsContract(() => store);
    tokensContract(() => store);
    resultsContract(() => store);
    keysContract(() => store);
    tenantsContract(() => store);
    eraseContract(() => store);
    // Last, since they prune the data of all tests.
    retentionContract(() => store);
    pruneContract(() => store);
  });
}
