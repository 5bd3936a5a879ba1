import { randomInt } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { defineTool, z } from 'meanwhile';
import { orderLines, ordersFile, readPrices, totalOf } from '../price-list.ts';

/** The prices are read again at the last moment: a person may have taken hours to approve, and the offer may be gone. */
export default defineTool({
  name: 'place_order',
  description:
    'Places an order, after a person has approved it. If the price list no longer has this `version`, the order is refused and nothing is ordered.',
  input: z.object({ lines: orderLines.min(1), total: z.number(), version: z.int() }),
  approval: { question: 'May this order be placed?' },
  duplicates: 'reject',
  restart: 'fail',
  async run({ lines, total, version }, call) {
    const list = await readPrices();
    if (list.version !== version) {
      throw new StalePrices(
        `The price list has version ${list.version} by now, and the order is of version ${version}. Nothing was ordered.`,
      );
    }
    for (const { supplier, item, price } of lines) {
      const offer = list.offers.find((each) => each.supplier === supplier && each.item === item);
      if (offer?.price !== price) {
        throw new StalePrices(
          `${supplier} does not offer ${item} for ${price}. Nothing was ordered.`,
        );
      }
    }
    if (totalOf(lines) !== total) {
      throw new WrongTotal(
        `These lines cost ${totalOf(lines)}, not ${total}. Nothing was ordered.`,
      );
    }
    const order = `OX-${randomInt(1_000, 10_000)}`;
    const line = { order, version, total, lines, idempotency_key: call.idempotency_key };
    await appendFile(ordersFile(), `${JSON.stringify(line)}\n`);
    return { order, total };
  },
});

class StalePrices extends Error {
  override name = 'StalePrices';
}

class WrongTotal extends Error {
  override name = 'WrongTotal';
}
