import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTool, z } from 'meanwhile';
import {
  cheapest,
  differences,
  ordersFile,
  type PriceList,
  readPrices,
  totalOf,
  wantedItems,
} from '../price-list.ts';

/** How long the comparison of one item takes. It stands for the work of a person. */
const ITEM_MS = Number(process.env['CHANGES_ITEM_MS'] ?? 1_500);
const LOOK_MS = 100;

/**
 * Compares the offers item by item and watches the price list: each change is told at once, with the plan that is valid now. It ends
 * when an order has been placed.
 */
export default defineTool({
  name: 'prepare_order',
  description:
    'Compares the offers for each item and finds the cheapest lines. Returns a result for each item, and one whenever a price changes; the newest result is valid. `missing` says how many items are still to be compared.',
  input: z.object({ items: wantedItems }),
  results: { min: 1, max: 'many' },
  report: 'only the end',
  async *run({ items }, call) {
    let known: PriceList = await readPrices();
    for (let compared = 0, due = performance.now() + ITEM_MS; ;) {
      await sleep(LOOK_MS, undefined, { signal: call.signal });
      const list = await readPrices();
      const changed = list.version === known.version ? [] : differences(known, list);
      known = list;
      if (changed.length > 0) {
        yield call.result({ changed, ...planOf(list, items, compared) }, { schedule: 'interrupt' });
      }
      if (compared < items.length && performance.now() >= due) {
        compared += 1;
        due = performance.now() + ITEM_MS;
        yield call.progress((100 * compared) / items.length, items[compared - 1]!.item);
        yield call.result(planOf(list, items, compared));
      }
      if (await isPlaced()) return { order: 'placed', ...planOf(list, items, compared) };
    }
  },
});

function planOf(list: PriceList, items: { item: string; count: number }[], compared: number) {
  const lines = cheapest(list, items.slice(0, compared));
  const missing = items.length - compared;
  return { version: list.version, missing, lines, total: totalOf(lines) };
}

const isPlaced = () =>
  access(ordersFile()).then(
    () => true,
    () => false,
  );
