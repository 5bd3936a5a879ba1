import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { sendJson } from '../cli/demo/wire-server.ts';
import { type TestHttpServer, startHttpServer } from '../test/kit/http-server.ts';
import { NotFoundError } from './errors.ts';
import type { Connection } from './follow.ts';
import { Meanwhile } from './meanwhile.ts';
import type { StreamItem } from './stream.ts';

let server: TestHttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const said = (seq: number): Entry => ({
  ...{ seq, at: '2026-01-01T00:00:00.000Z', actor: { type: 'user', id: 'user' }, cause: [] },
  ...{ kind: 'message.user', message_id: `m${seq}`, text: `${seq}`, when_busy: 'interrupt' },
});
const closed = (seq: number): Entry => ({
  ...{ seq, at: '2026-01-01T00:00:00.000Z', actor: { type: 'user', id: 'user' }, cause: [] },
  kind: 'conversation.closed',
});

const entry = (data: Entry, revision = 0) =>
  `id: ${data.seq}.${revision}\nevent: entry\ndata: ${JSON.stringify(data)}\n\n`;

/** Begins a stream that tells its reader to reconnect at once. */
function begin(response: ServerResponse, ...events: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`retry: 1\n\n${events.join('')}`);
}

async function follow(
  answer: Parameters<typeof startHttpServer>[0],
  options: Parameters<ReturnType<Meanwhile['conversations']['open']>['follow']>[0] = {},
  received: (item: StreamItem) => void = () => {},
) {
  server = await startHttpServer(answer);
  const c = new Meanwhile({ baseURL: server.url }).conversations.open('conv_1');
  const items: StreamItem[] = [];
  for await (const item of c.follow(options)) {
    items.push(item);
    received(item);
  }
  return { c, items, seqs: items.map((item) => (item.type === 'entry' ? item.data.seq : item)) };
}

const positions = () => server!.requests.map(({ headers }) => headers['last-event-id']);

test('the client reconnects after a clean end, and stops at the close without another request', async () => {
  const { seqs } = await follow((response, nth) => {
    if (nth === 1) {
      begin(response, entry(said(1)), entry(said(2)));
      response.end();
    } else begin(response, entry(closed(3)));
  });
  expect(seqs).toEqual([1, 2, 3]);
  expect(positions()).toEqual([undefined, '2.0']);
});

test('the client reconnects after a broken connection, a 503 and an unreachable service', async () => {
  const seen: Connection['status'][] = [];
  const { seqs } = await follow(
    (response, nth) => {
      if (nth === 1) {
        begin(response, entry(said(1)));
        setImmediate(() => response.destroy());
      } else if (nth === 2) sendJson(response, 503, {}, { 'retry-after': '0' });
      else if (nth === 3) response.destroy();
      else begin(response, entry(closed(2)));
    },
    { onConnection: ({ status }) => seen.push(status) },
  );
  expect(seqs).toEqual([1, 2]);
  expect(positions()).toEqual([undefined, '1.0', '1.0', '1.0']);
  expect(seen).toEqual(['open', 'lost', 'lost', 'lost', 'open']);
});

test('the loop ends when the service answers 204: there are no more entries', async () => {
  const { items } = await follow((response) => response.writeHead(204).end(), { after: '7.0' });
  expect(items).toEqual([]);
  expect(positions()).toEqual(['7.0']);
});

test('a rewind is yielded, and the client continues from its position', async () => {
  const { items, c } = await follow((response, nth) => {
    if (nth > 1) return begin(response, entry(closed(2), 1));
    begin(response, entry(said(1)), entry(said(2)), entry(said(3)));
    response.end('id: 1.1\nevent: rewind\ndata: {"to":1}\n\n');
  });
  expect(items[3]).toEqual({ type: 'rewind', id: '1.1', data: { to: 1 } });
  expect(positions()).toEqual([undefined, '1.1']);
  expect(c.state()).toMatchObject({ seq: 2, status: 'closed', messages: [{ text: '1' }] });
});

test('an error that no retry can fix is thrown', async () => {
  const following = follow((response) => sendJson(response, 404, { detail: 'None.' }));
  await expect(following).rejects.toThrow(NotFoundError);
});

test('the abort signal ends the loop without an error at any point', async () => {
  const stop = new AbortController();
  const { seqs } = await follow(
    (response) => begin(response, entry(said(1))),
    { signal: stop.signal },
    () => stop.abort(),
  );
  expect(seqs).toEqual([1]);
  const { items } = await follow(() => {}, { signal: stop.signal });
  expect(items).toEqual([]);
});

test('leaving the loop closes the connection', async () => {
  const left = Promise.withResolvers<void>();
  server = await startHttpServer((response) => {
    response.once('close', () => left.resolve());
    begin(response, entry(said(1)));
  });
  for await (const _ of new Meanwhile({ baseURL: server.url }).conversations.open('c').follow()) {
    break;
  }
  await left.promise;
});

test('a connection that is silent for too long is replaced', async () => {
  const { seqs } = await follow(
    (response, nth) => {
      if (nth === 2) return begin(response, entry(closed(2)));
      begin(response, entry(said(1)));
    },
    { silence_ms: 50 },
  );
  expect(seqs).toEqual([1, 2]);
});

test('a comment keeps a connection without events open', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const encoder = new TextEncoder();
  let comments = 0;
  // The client reads a chunk only after it has set the timer for it.
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await Promise.resolve();
        vi.advanceTimersByTime(40);
        comments += 1;
        controller.enqueue(encoder.encode(comments < 5 ? ': \n\n' : entry(closed(1))));
      },
    },
    { highWaterMark: 0 },
  );
  let connections = 0;
  const fetch = async () => {
    connections += 1;
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const items: StreamItem[] = [];
  const conversation = new Meanwhile({ fetch }).conversations.open('conv_1');
  for await (const item of conversation.follow({ silence_ms: 50 })) items.push(item);
  expect(items).toMatchObject([{ type: 'entry' }]);
  expect([comments, connections]).toEqual([5, 1]);
});

test('events of later versions are skipped', async () => {
  const { items } = await follow((response) =>
    begin(response, 'event: weather\ndata: sunny\n\n', entry(closed(1))),
  );
  expect(items).toMatchObject([{ type: 'entry' }]);
});

test('live text grows, restarts with another attempt, and is replaced by the entry', async () => {
  const delta = (attempt: number, offset: number, text: string) =>
    `event: delta\ndata: ${JSON.stringify({ reply_id: 'reply_1', attempt, offset, text })}\n\n`;
  const agent = { type: 'agent' as const, id: 'default' };
  const started: Entry = {
    ...{ seq: 2, at: said(1).at, kind: 'reply.started', actor: agent, cause: [1] },
    ...{ reply_id: 'reply_1', because: 'message', reason: 'a message' },
  };
  server = await startHttpServer((response) =>
    begin(
      response,
      entry(said(1)),
      // Live text may come before the entry that starts its reply.
      delta(1, 0, 'Good '),
      entry(started),
      delta(1, 5, 'day'),
      delta(2, 0, 'Hel'),
      delta(2, 3, 'lo'),
      entry(closed(3)),
    ),
  );
  const c = new Meanwhile({ baseURL: server.url }).conversations.open('conv_1');
  const shown: (string | undefined)[] = [];
  for await (const _ of c.follow()) shown.push(c.state().reply?.text);
  expect(shown).toEqual([undefined, undefined, 'Good ', 'Good day', 'Hel', 'Hello', 'Hello']);
});

test('wherever connections break, each entry is yielded once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ entries: fc.nat(4), cut: fc.nat(300), clean: fc.boolean() }), {
        maxLength: 6,
      }),
      async (connections) => {
        const last = 12;
        const { seqs } = await follow((response, nth, { headers }) => {
          const after = Number.parseInt(String(headers['last-event-id'] ?? '0'), 10);
          const plan = connections[nth - 1];
          const upTo = plan ? Math.min(last - 1, after + plan.entries) : last;
          const events: string[] = [];
          for (let seq = after + 1; seq <= upTo; seq += 1) {
            events.push(entry(seq === last ? closed(seq) : said(seq)));
          }
          if (!plan || plan.clean) {
            begin(response, ...events);
            if (plan) response.end();
            return;
          }
          // This may be in the middle of an event.
          begin(response);
          response.write(events.join('').slice(0, plan.cut), () => response.destroy());
        });
        await server!.close();
        expect(seqs).toEqual(Array.from({ length: last }, (_, nth) => nth + 1));
      },
    ),
    { numRuns: 15 },
  );
});
