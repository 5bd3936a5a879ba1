/** A price list that several people edit: a JSON file, whose version grows with each edit. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

export const priceList = z.object({
  version: z.int(),
  offers: z.array(z.object({ supplier: z.string(), item: z.string(), price: z.number() })),
});
export type PriceList = z.infer<typeof priceList>;

export const wantedItems = z
  .array(z.object({ item: z.string(), count: z.int().min(1) }))
  .min(1)
  .max(20);

export const orderLines = z.array(
  z.object({
    supplier: z.string(),
    item: z.string(),
    count: z.int().min(1),
    price: z.number().describe('Price of one item.'),
  }),
);
export type OrderLine = z.infer<typeof orderLines>[number];

const pricesFile = () => process.env['PRICES_FILE'] ?? 'prices.json';
/** One order on each line. */
export const ordersFile = () => process.env['ORDERS_FILE'] ?? 'orders.jsonl';

export const readPrices = async (path = pricesFile()): Promise<PriceList> =>
  priceList.parse(JSON.parse(await readFile(path, 'utf8')));

/** Replaces the file at once, so that a reader never sees half of it. */
export async function writePrices(list: PriceList, path = pricesFile()): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(list, undefined, 2));
  await rename(`${path}.new`, path);
}

/** @throws Error for an item without an offer */
export function cheapest({ offers }: PriceList, wanted: z.infer<typeof wantedItems>): OrderLine[] {
  return wanted.map(({ item, count }) => {
    const [best] = offers
      .filter((each) => each.item === item)
      .toSorted((a, b) => a.price - b.price);
    if (!best) {
      const known = [...new Set(offers.map((offer) => offer.item))].join(', ');
      throw new Error(`No supplier offers "${item}", only: ${known}.`);
    }
    return { ...best, count };
  });
}

export const totalOf = (lines: readonly OrderLine[]): number =>
  Math.round(100 * lines.reduce((sum, { count, price }) => sum + count * price, 0)) / 100;

/** The offers whose price has changed, and those that only one of the lists has. */
export function differences(before: PriceList, after: PriceList) {
  const key = ({ supplier, item }: { supplier: string; item: string }) => `${supplier}\n${item}`;
  const was = new Map(before.offers.map((offer) => [key(offer), offer.price]));
  const now = new Map(after.offers.map((offer) => [key(offer), offer.price]));
  return [...new Set([...was.keys(), ...now.keys()])]
    .filter((each) => was.get(each) !== now.get(each))
    .map((each) => {
      const [supplier, item] = each.split('\n');
      return { supplier, item, was: was.get(each), is: now.get(each) };
    });
}
