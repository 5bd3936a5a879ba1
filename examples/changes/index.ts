import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../../contract/entry.ts';
import type { Fact, Situation } from '../../cli/demo/situation.ts';
import type { ModelMessage } from '../../model/message.ts';
import { defineExample, type Surroundings } from '../example.ts';
import { callsIn, invented, untold, wordsIn } from '../facts.ts';
import { broughtBy, broughtSoFar, call, smallTalk } from '../scripted.ts';
import {
  type OrderLine,
  type PriceList,
  readPrices,
  writePrices,
} from './extensions/price-list.ts';

interface Order {
  order: string;
  version: number;
  total: number;
  lines: OrderLine[];
}

interface World extends Surroundings {
  /** Every version of the price list, oldest first. */
  versions: PriceList[];
  /** Another person changes a price. */
  reprice(supplier: string, item: string, price: number): Promise<void>;
  orders: Order[];
  readOrders(): Promise<void>;
}

interface Plan {
  version: number;
  missing: number;
  lines: OrderLine[];
  total: number;
  changed?: { supplier: string; item: string; was: number; is: number }[];
  order?: string;
}

const OFFERS = [
  { supplier: 'Nordwind', item: 'hinge', price: 4.2 },
  { supplier: 'Solvang', item: 'hinge', price: 4.85 },
  { supplier: 'Nordwind', item: 'board', price: 17.9 },
  { supplier: 'Tamaro', item: 'board', price: 16.4 },
];

export default defineExample<World>({
  name: 'changes',
  about:
    'Another person changes the prices while an order is prepared and approved; the agent plans again.',
  folder: fileURLToPath(new URL('extensions', import.meta.url)),
  open,
  answer,

  async play(talk, world) {
    const current = () => world.versions.at(-1)!.version;
    /** The order that awaits approval, if it has the newest prices. */
    const waiting = () =>
      callsIn(talk.log.entries, 'place_order').find(
        ({ id, input, cancelled, failed, started }) =>
          input.version === current() &&
          !(cancelled || failed || started) &&
          talk.log.of('call.awaiting_approval').some(({ call_id }) => call_id === id),
      );
    await talk.say('Please order 10 hinges and 4 boards, as cheaply as possible.');
    await talk.until('the hinges were compared', () =>
      callsIn(talk.log.entries, 'prepare_order').find(({ results }) => results.length > 0),
    );
    // What the agent has just read is no longer true.
    await world.reprice('Nordwind', 'hinge', 6.37);
    const stale = await talk.until('the new order waits for approval', waiting);
    // Once more, in the moment in which a person approves the order.
    await world.reprice('Tamaro', 'board', 21.13);
    await talk.conversation.approve(stale.id).catch(() => {});
    const right = await talk.until('the next order waits for approval', waiting);
    await talk.conversation.approve(right.id);
    await talk.until('the order is placed', () =>
      callsIn(talk.log.entries, 'place_order').find(({ completed }) => completed),
    );
    await talk.until('the preparation has ended', () =>
      callsIn(talk.log.entries, 'prepare_order').find(({ completed }) => completed),
    );
    await talk.told();
    await world.readOrders();
  },

  checks: {
    /** Whatever the model did, nothing was ordered at a price that no longer held. */
    never_stale: (_, { orders, versions }) =>
      orders.flatMap(({ order, version, lines }) => {
        const last = versions.at(-1)!;
        if (version !== last.version)
          return [`${order} has version ${version}, not ${last.version}.`];
        const isOffered = (line: OrderLine) =>
          last.offers.some(
            (each) =>
              each.supplier === line.supplier &&
              each.item === line.item &&
              each.price === line.price,
          );
        return lines
          .filter((line) => !isOffered(line))
          .map(
            ({ supplier, item, price }) =>
              `${order}: ${supplier} does not offer ${item} for ${price}.`,
          );
      }),

    ordered_once: (_, { orders }) =>
      orders.length === 1 ? [] : [`${orders.length} orders were placed.`],

    /** The agent never requested an order with prices that it knew to be old. */
    replanned: (entries) =>
      callsIn(entries, 'place_order').flatMap(({ id, requested, input }) => {
        const known = versionsKnown(entries, requested);
        return input.version === known.at(-1)
          ? []
          : [`${id} asks for version ${String(input.version)}, when ${known.at(-1)} was known.`];
      }),

    told_changes: (entries, { versions }) =>
      versions.slice(1).flatMap(({ offers }, index) => {
        const before = versions[index]!.offers;
        const changed = offers.find((offer, at) => offer.price !== before[at]!.price)!;
        const isTold = wordsIn(entries).some(({ text }) => text.includes(String(changed.price)));
        return isTold
          ? []
          : [`The new price ${changed.price} of ${changed.supplier} was never told.`];
      }),

    told: (entries, { orders }) =>
      untold(
        entries,
        orders.map(({ order }) => order),
      ),
    nothing_invented: (entries) => invented(entries),
  },
});

/** The versions of which the log had told the agent when the reply that requested this call began. */
function versionsKnown(entries: readonly Entry[], requested: number): number[] {
  const began = entries.findLast(({ kind, seq }) => kind === 'reply.started' && seq < requested);
  return callsIn(entries, 'prepare_order').flatMap(({ results }) =>
    results.filter(({ seq }) => seq < (began?.seq ?? 0)).map(({ data }) => (data as Plan).version),
  );
}

async function open(home: string): Promise<World> {
  const prices = join(home, 'prices.json');
  const orders = join(home, 'orders.jsonl');
  const first: PriceList = { version: 1, offers: OFFERS };
  await writePrices(first, prices);
  const world: World = {
    versions: [first],
    orders: [],
    async reprice(supplier, item, price) {
      const list = await readPrices(prices);
      const offers = list.offers.map((offer) =>
        offer.supplier === supplier && offer.item === item ? { ...offer, price } : offer,
      );
      const next = { version: list.version + 1, offers };
      world.versions.push(next);
      await writePrices(next, prices);
    },
    async readOrders() {
      const lines = (await readFile(orders, 'utf8')).trim().split('\n');
      world.orders = lines.map((line) => JSON.parse(line) as Order);
    },
    env: { PRICES_FILE: prices, ORDERS_FILE: orders },
    close: async () => {},
  };
  return world;
}

const ORDER = /\border (.+?)(?:, as|\.)/i;

function answer(
  { news, unanswered, unfinished, open: running, uses }: Situation,
  messages: readonly ModelMessage[],
) {
  const lines = [...unfinished, ...unanswered];
  const items = lines.flatMap((line) => [
    ...(ORDER.exec(line)?.[1] ?? '').matchAll(/(\d+) (\w+?)s?\b/g),
  ]);
  const said = news.flatMap((fact) => tell(fact));
  const calls: ReturnType<typeof call>[] = [];
  const preparing = running.find(({ tool }) => tool === 'prepare_order');
  if (items.length > 0 && !preparing) {
    said.push('I compare the offers.');
    calls.push(
      call('prepare_order', {
        items: items.map(([, count, item]) => ({ item, count: Number(count) })),
      }),
    );
  }
  // The newest plan is valid, whether it is news or was told before.
  const plan = broughtSoFar<Plan>(messages).findLast(({ missing }) => missing !== undefined);
  const waiting = running.filter(({ tool }) => tool === 'place_order');
  const old = waiting.filter(
    ({ call_id }) => uses.get(call_id)?.arguments.version !== plan?.version,
  );
  if (preparing && plan?.missing === 0 && waiting.length === old.length) {
    said.push(`I ask for approval of ${inWords(plan)}.`);
    calls.push(...old.map(({ call_id }) => call('cancel_call', { call_id })));
    const { lines: wanted, total, version } = plan;
    calls.push(call('place_order', { lines: wanted, total, version }));
  }
  said.push(...smallTalk(unanswered.filter((line) => !ORDER.test(line))));
  return { text: said.join(' '), calls };
}

const inWords = ({ lines, total }: Plan) =>
  `${lines.map(({ count, item, supplier, price }) => `${count} × ${item} from ${supplier} at ${price}`).join(', ')}, ${total} in all`;

function tell(fact: Fact): string[] {
  if (fact.tool === 'cancel_call') return [];
  if (fact.status === 'failed') return [`The order was refused: ${fact.error?.message}`];
  if (fact.tool === 'place_order' && fact.status === 'completed') {
    const { order, total } = fact.result as { order: string; total: number };
    return [`Ordered: ${order}, ${total} in all.`];
  }
  if (fact.tool !== 'prepare_order') return [];
  return broughtBy<Plan>(fact)
    .flatMap(({ changed = [] }) => changed)
    .map(
      ({ supplier, item, was, is }) =>
        `${supplier} has changed the price of a ${item} from ${was} to ${is}.`,
    );
}
