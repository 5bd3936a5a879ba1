import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { replyId } from '../contract/names.ts';
import {
  batch,
  completed,
  idle,
  message,
  replying,
  someone,
  started,
} from '../test/store/samples.ts';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { createHandTicker } from '../test/kit/hand-ticker.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { Reader } from '../test/kit/reader.ts';
import { createLocalBus, type PublishedMessage } from './bus.ts';
import { createHub } from './hub.ts';
import { newsOf } from './news.ts';

const text = fc.string({ minLength: 1, maxLength: 4 });
/** What the bus does with a message. */
const fate = fc.constantFrom('heard' as const, 'poke' as const, 'late' as const, 'lost' as const);
type Fate = 'heard' | 'poke' | 'late' | 'lost';
const step = fc.oneof(
  fc.record({ do: fc.constant('append' as const), texts: fc.array(text, { maxLength: 4 }), fate }),
  /** The last few entries, which were not certain yet, are decided again. */
  fc.record({
    do: fc.constant('revise' as const),
    back: fc.integer({ min: 1, max: 6 }),
    texts: fc.array(text, { maxLength: 4 }),
    fate,
  }),
  fc.record({ do: fc.constant('speak' as const), text, fate }),
  fc.record({ do: fc.constant('complete' as const), fate }),
  fc.record({ do: fc.constant('read' as const), turns: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant('look' as const) }),
  /** Messages that were late arrive. */
  fc.record({ do: fc.constant('deliver' as const) }),
  /** From then on the store is unavailable, or back. */
  fc.record({ do: fc.constant('turn store' as const), isAway: fc.boolean() }),
);
type FollowStep = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Writes a conversation; the bus treats its messages as the step says. */
function createWriter() {
  const store = createMemoryStore();
  const bus = createLocalBus();
  const conversation = someone();
  const log: Entry[] = [];
  const said = new Map<string, string>();
  const late: PublishedMessage[] = [];
  let task = 0;
  /** Entries that the model has been sent are certain: they are not decided again. */
  let certain = 0;

  const inFlight = () => {
    const last = log.findLast(({ kind }) => kind.startsWith('reply.'));
    return last?.kind === 'reply.started' ? last.reply_id : undefined;
  };
  function publish(news: PublishedMessage, fate: Fate) {
    if (fate === 'late') late.push(news);
    else if (fate !== 'lost') bus.publish(conversation, fate === 'poke' ? { type: 'poke' } : news);
  }
  const numberOf = (reply: string) => Number(reply.split('_')[1]);
  async function write(base: number, entries: Entry[], fate: Fate, closed = false) {
    log.splice(base - 1, Infinity, ...entries);
    const reply = inFlight();
    const head = reply ? replying(numberOf(reply)) : idle;
    const status = closed ? 'closed' : head.status;
    const written = batch(conversation, [1, ++task], base, entries, { ...head, status });
    const recorded = await store.record(written);
    if (recorded.outcome === 'recorded') publish(newsOf(written, recorded), fate);
  }
  const messages = (base: number, texts: string[]) =>
    texts.map((each, index) => message(base + index, each));
  const next = () => log.length + 1;

  async function speak(piece: string, fate: Fate) {
    if (!inFlight()) {
      const number = log.filter(({ kind }) => kind === 'reply.started').length + 1;
      await write(next(), [started(next(), number)], fate);
      certain = log.length;
      await store.beginDraft(conversation, replyId(number), 1);
      said.set(replyId(number), '');
    }
    const reply_id = inFlight()!;
    const offset = said.get(reply_id)!.length;
    said.set(reply_id, said.get(reply_id)! + piece);
    await store.appendDraft(conversation, { reply_id, attempt: 1, text: piece });
    const delta = { type: 'delta' as const, reply_id, attempt: 1, offset, text: piece };
    publish(delta, fate);
  }

  async function complete(fate: Fate) {
    const reply = inFlight();
    if (!reply) return;
    await write(next(), [completed(next(), numberOf(reply), said.get(reply)!)], fate);
    certain = log.length;
  }

  return {
    store,
    bus,
    conversation,
    log,
    said,
    complete,
    speak,
    append: (texts: string[], fate: Fate) => write(next(), messages(next(), texts), fate),
    revise(back: number, texts: string[], fate: Fate) {
      const base = Math.max(certain + 1, next() - back);
      return write(base, messages(base, texts), fate);
    },
    close: () =>
      write(
        next(),
        [{ ...message(next(), ''), kind: 'conversation.closed' } as never],
        'lost',
        true,
      ),
    deliver() {
      for (const news of late.splice(0)) bus.publish(conversation, news);
    },
  };
}

/** The part of a store that readers use, which may be unavailable. */
function createView(store: Store) {
  const view = { isAway: false };
  const whileThere = async <T>(read: () => Promise<T>): Promise<T> => {
    if (view.isAway) throw new StoreUnavailable('The store is away.', { mayBeDone: true });
    const found = await read();
    // A query that is under way may get no answer, too.
    if (view.isAway) throw new StoreUnavailable('The store is away.', { mayBeDone: true });
    return found;
  };
  return Object.assign(view, {
    follow: (...asked: Parameters<Store['follow']>) => whileThere(() => store.follow(...asked)),
    draft: (...asked: Parameters<Store['draft']>) => whileThere(() => store.draft(...asked)),
    marks: (...asked: Parameters<Store['marks']>) => whileThere(() => store.marks(...asked)),
  });
}

/** Lets everything that waits for a resolved promise go on, `count` times. */
async function turns(count: number) {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** How many items a reader takes before it loses its connection, each time. */
const appetites = fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 20 });

test('readers that disconnect and resume anywhere end with exactly the final log', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(appetites, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 8 }),
      async (steps, readers, page, entries) => {
        const writer = createWriter();
        const { bus, conversation } = writer;
        const { ticker, tick } = createHandTicker();
        const store = createView(writer.store);
        const hub = createHub({ store, bus, ticker, page, size: { entries, bytes: Infinity } });

        /** True when the stream ended by itself. */
        async function connect(reader: Reader, appetite: number): Promise<boolean> {
          const abort = new AbortController();
          let taken = 0;
          const items = hub.join(conversation, reader.position, abort.signal).items();
          for await (const item of items) {
            reader.take(item);
            if (reader.speaking) {
              const { reply_id, text: heard } = reader.speaking;
              expect(writer.said.get(reply_id)!.slice(0, heard.length)).toBe(heard);
            }
            if (++taken === appetite) return false;
          }
          return true;
        }

        async function readAll(each: number[]): Promise<Reader> {
          const reader = new Reader();
          for (const appetite of [...each, Infinity]) {
            reader.disconnect();
            if (await connect(reader, appetite)) break;
          }
          return reader;
        }

        let over = false;
        async function writeAll() {
          for (const each of steps) await play(each);
          store.isAway = false;
          await writer.complete('lost');
          await writer.close();
          // Every poke may have been lost, so a reader that waits learns of the end by looking.
          while (!over) {
            tick();
            await turns(5);
          }
        }

        await writer.append(['first'], 'heard');
        const reading = Promise.all(readers.map(readAll)).finally(() => (over = true));
        await writeAll();
        for (const reader of await reading) {
          expect(reader.entries).toEqual(writer.log);
          expect(reader.speaking).toBeUndefined();
        }

        async function play(each: FollowStep) {
          switch (each.do) {
            case 'append':
              return writer.append(each.texts, each.fate);
            case 'revise':
              return writer.revise(each.back, each.texts, each.fate);
            case 'speak':
              return writer.speak(each.text, each.fate);
            case 'complete':
              return writer.complete(each.fate);
            case 'deliver':
              return writer.deliver();
            case 'read':
              return turns(each.turns);
            case 'look':
              return tick();
            case 'turn store':
              store.isAway = each.isAway;
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
});
