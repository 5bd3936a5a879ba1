/** The page over a store in memory, for all tests of a file. */
import { afterAll, beforeAll } from 'vitest';
import { type ServedPage, servePage } from './serve-page.ts';

/** Ready when the first test runs. */
export function usePageOnFakes(options: { isClosed?: boolean } = {}): ServedPage {
  const page = {} as ServedPage;
  beforeAll(async () => {
    Object.assign(page, await servePage(options));
  });
  afterAll(() => page.close());
  return page;
}
