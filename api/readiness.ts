/** Whether the dependencies of a process answer. */
import { DEFAULT_TENANT } from '../contract/names.ts';
import type { Store } from '../store/store.ts';

/** A cheap read that shows whether the store answers. */
export async function answers(store: Pick<Store, 'conversation'>): Promise<void> {
  await store.conversation({ tenant: DEFAULT_TENANT, id: '' });
}

/** @returns the names of the checks that failed or took too long, with why */
export async function failures(checks: Record<string, () => Promise<void>>) {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([path, check]) => {
      try {
        await within(READY_MS, check());
        return [];
      } catch (error) {
        return [{ path, error }];
      }
    }),
  );
  return outcomes.flat();
}

/** A dependency that takes longer than this counts as unavailable. Milliseconds. */
const READY_MS = 2_000;

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`No answer within ${milliseconds} ms.`)),
      milliseconds,
    );
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
