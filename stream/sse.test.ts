import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { batch, idle, message, replying, someone, started } from '../test/store/samples.ts';
import { createHandTicker } from '../test/kit/hand-ticker.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { connectSse, nameOf } from '../test/kit/sse-client.ts';
import { type Bus, createLocalBus } from './bus.ts';
import { formatEvent } from './event.ts';
import { createHub } from './hub.ts';
import { START, type ReaderItem } from './item.ts';
import { createPulse } from './pulse.ts';
import { sendEvents } from './sse.ts';

const entryItem = (seq: number): ReaderItem => ({
  type: 'entry',
  entry: message(seq, 'two\nlines'),
  position: { after: seq, revision: 3 },
});

describe('an event on the wire', () => {
  test.each([
    [entryItem(7), `id: 7.3\nevent: entry\ndata: ${JSON.stringify(message(7, 'two\nlines'))}\n\n`],
    [
      { type: 'rewind', position: { after: 5, revision: 2 } },
      'id: 5.2\nevent: rewind\ndata: {"to":5}\n\n',
    ],
    [
      { type: 'delta', reply_id: 'reply_1', attempt: 2, offset: 4, text: '\ud83d\n' },
      'event: delta\ndata: {"reply_id":"reply_1","attempt":2,"offset":4,"text":"\\ud83d\\n"}\n\n',
    ],
    [
      { type: 'progress', call_id: 'call_1', percent: 40 },
      'event: progress\ndata: {"call_id":"call_1","percent":40}\n\n',
    ],
  ] as [ReaderItem, string][])(
    'is a name, data in one line, and an id where it has a place: %j',
    (item, text) => {
      expect(formatEvent(item)).toBe(text);
    },
  );
});

describe('over a socket', () => {
  let server: Server;
  let url: string;
  let serve: (response: ServerResponse) => Promise<void>;
  let hand: ReturnType<typeof createHandTicker>;
  let abort: AbortController;

  beforeEach(async () => {
    hand = createHandTicker();
    abort = new AbortController();
    server = createServer((_, response) => {
      response.on('close', () => abort.abort());
      void serve(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const options = () => ({ signal: abort.signal, pulse: createPulse(15_000, hand.ticker) });

  test('a stream sends its headers and retry time at once, then events, then its end', async () => {
    serve = (response) =>
      sendEvents(
        response,
        (async function* () {
          yield entryItem(1);
        })(),
        {
          ...options(),
          retry_ms: 250,
        },
      );
    const reader = await connectSse(url);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
    });
    expect((await reader.rest()).map(nameOf)).toEqual(['entry 1.3']);
    expect(reader.retry).toBe(250);
    expect(hand.size).toBe(0);
  });

  test('a stream that the service ends spreads its readers: each is told when to reconnect', async () => {
    const advised: number[] = [];
    for (let n = 0; n < 5; n++) {
      abort = new AbortController();
      serve = (response) => sendEvents(response, silence(), { ...options(), retry_ms: 100_000 });
      const reader = await connectSse(url);
      const rest = reader.rest();
      abort.abort();
      expect(await rest).toEqual([]);
      advised.push(reader.retry!);
    }
    expect(new Set(advised).size).toBeGreaterThan(1);
    for (const ms of advised) expect(ms).toBeLessThanOrEqual(200_000);
  });

  /** Items that never come. */
  function silence(): AsyncIterable<ReaderItem> {
    const nothing: AsyncIterator<ReaderItem> = {
      async next() {
        if (!abort.signal.aborted) await once(abort.signal, 'abort');
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => nothing };
  }

  test('an idle stream sends heartbeats', async () => {
    serve = (response) => sendEvents(response, silence(), options());
    const reader = await connectSse(url);
    const rest = reader.rest();
    hand.tick();
    hand.tick();
    await vi.waitFor(() => expect(reader.comments).toHaveLength(2), { interval: 1 });
    abort.abort();
    expect(await rest).toEqual([]);
  });

  test('a stream whose items fail ends, and only the server logs why', async () => {
    const failing = async function* () {
      yield entryItem(1);
      throw new Error('The store is away.');
    };
    const failed = Promise.withResolvers<unknown>();
    serve = (response) => sendEvents(response, failing(), options()).catch(failed.resolve);
    const reader = await connectSse(url);
    expect((await reader.rest()).map(nameOf)).toEqual(['entry 1.3']);
    expect(await failed.promise).toEqual(new Error('The store is away.'));
  });

  describe('a client that does not read', () => {
    const ENTRIES = 1_000;
    const DELTAS = 10_000;
    /** Far more than the buffers of a socket hold. */
    const big = 'x'.repeat(20_000);
    let socket: Socket;
    let response: ServerResponse;
    let taken: number;
    let done: Promise<void>;

    /** Connects, reads nothing, and waits until the server notices. Then all the entries and deltas come. */
    async function overwhelm() {
      const store = createMemoryStore();
      const bus: Bus = createLocalBus();
      const conversation = someone();
      const first: Entry[] = [message(1, 'Hello?'), started(2, 1)];
      await store.record(batch(conversation, [1, 1], 1, first, replying(1)));
      await store.beginDraft(conversation, 'reply_1', 1);

      const { promise: served, resolve } = Promise.withResolvers<void>();
      taken = 0;
      serve = async (made) => {
        response = made;
        const hub = createHub({ store, bus, ticker: hand.ticker });
        const items = hub.join(conversation, START, abort.signal).items();
        const counted = async function* () {
          for await (const item of items) {
            taken++;
            yield item;
          }
        };
        done = sendEvents(response, counted(), options());
        resolve();
        await done;
      };
      socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
      socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await served;

      for (let index = 0; index < ENTRIES; index++) {
        const seq = 3 + index;
        const entries = [message(seq, big)];
        await store.record(batch(conversation, [1, seq], seq, entries, replying(1)));
        bus.publish(conversation, { type: 'poke' });
        for (let piece = 0; piece < DELTAS / ENTRIES; piece++) {
          const text = `${index}.${piece} `;
          const offset = (await store.draft(conversation))!.text.length;
          await store.appendDraft(conversation, { reply_id: 'reply_1', attempt: 1, text });
          bus.publish(conversation, {
            type: 'delta',
            reply_id: 'reply_1',
            attempt: 1,
            offset,
            text,
          });
        }
      }
      await vi.waitFor(() => expect(response.writableNeedDrain).toBe(true), { interval: 1 });
      return { store, bus, conversation };
    }

    afterEach(() => void socket.destroy());

    test('costs one item and a socket buffer, and gets everything when it reads again', async () => {
      const { store, bus, conversation } = await overwhelm();
      expect(response.writableLength).toBeLessThan(100_000);
      expect(taken).toBeLessThan(ENTRIES);
      hand.tick();
      expect(response.writableLength, 'no heartbeats pile up').toBeLessThan(100_000);

      const whole = (await store.draft(conversation))!.text;
      const last = ENTRIES + 3;
      const closed = { ...message(last, ''), kind: 'conversation.closed' } as never;
      const chunks: string[] = [];
      // Everything live has come too: now the conversation may end.
      const complete = new Promise<void>((resolve) => {
        socket.setEncoding('utf8').on('data', (chunk: string) => {
          chunks.push(chunk);
          if (
            chunks
              .slice(-5)
              .join('')
              .includes(`${ENTRIES - 1}.9 "`)
          )
            resolve();
        });
      });
      socket.resume();
      await complete;
      await store.record(
        batch(conversation, [2, 1], last, [closed], { ...idle, status: 'closed' }),
      );
      bus.publish(conversation, { type: 'poke' });
      await done;
      await vi.waitFor(() => expect(chunks.at(-1)).toMatch(/0\r\n\r\n$/), { interval: 1 });

      const received = chunks.join('');
      const ids = [...received.matchAll(/^id: (\d+)\.0$/gm)].map(([, seq]) => Number(seq));
      expect(ids).toEqual(Array.from({ length: last }, (_, index) => index + 1));
      let text = '';
      for (const [, data] of received.matchAll(/^event: delta\ndata: (.*)$/gm)) {
        const delta = JSON.parse(data!) as { offset: number; text: string };
        text = text.slice(0, delta.offset) + delta.text;
      }
      expect(text).toBe(whole);
    });

    test('is released when it vanishes', async () => {
      const { bus, conversation } = await overwhelm();
      socket.destroy();
      await done;
      expect(hand.size).toBe(0);
      const before = taken;
      bus.publish(conversation, { type: 'poke' });
      expect(taken).toBe(before);
    });

    test('does not keep the service from shutting down', async () => {
      await overwhelm();
      abort.abort();
      await done;
      expect(response.destroyed).toBe(true);
      expect(hand.size).toBe(0);
    });
  });
});
