/**
 * A store that adds spent tokens up in memory, and writes the sum of each tenant's day once a second. Otherwise replies of a tenant
 * would queue for one row, and each would cost a statement. A process that is killed loses the sums that it has not written yet.
 */
import type { Store } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';

/** @param log gets a line about tokens that cannot be counted */
export function tallied(
  store: Store,
  log: (line: string) => void = () => {},
  every_ms = 1_000,
): Store {
  let waiting = new Map<string, Spent>();
  let writing = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  function add({ of, amount }: Spent): void {
    const name = JSON.stringify([of.tenant, of.day]);
    waiting.set(name, { of, amount: (waiting.get(name)?.amount ?? 0) + amount });
    timer ??= setTimeout(() => void write(), every_ms).unref();
  }

  function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const sums = [...waiting.values()];
    waiting = new Map();
    writing = writing.then(async () => {
      for (const sum of sums) await writeOne(sum);
    });
    return writing;
  }

  async function writeOne(spent: Spent): Promise<void> {
    try {
      await store.spendTokens(spent.of, spent.amount);
    } catch (error) {
      const isUndone = error instanceof StoreUnavailable && !error.mayBeDone;
      // An amount that was added twice could not be corrected, so one that may have been added is not added again.
      if (isUndone) add(spent);
      else
        log(
          `${spent.amount} tokens of ${spent.of.tenant} may not have been counted: ${String(error)}`,
        );
    }
  }

  return {
    ...store,
    async spendTokens(of, amount) {
      add({ of, amount });
    },
    async tokensSpent(of) {
      await write();
      return store.tokensSpent(of);
    },
    async prune(before) {
      // Pruned days must not be written again after that.
      await write();
      return store.prune(before);
    },
    async close() {
      await write();
      clearTimeout(timer);
      await store.close();
    },
  };
}

interface Spent {
  of: Parameters<Store['spendTokens']>[0];
  amount: number;
}
