/**
 * How long it takes until what happens has an effect. Five figures, taken in turns so that noise hits all of them:
 *
 * - idle: a tool yields a result while nobody speaks → the model has the request that tells it. Without the quiet window
 *   (MEANWHILE_QUIET_MS=0) and without a grace time, which are waits on purpose. By the tool's clock: it is on this machine.
 * - reader: a result → a client that reads the conversation's stream has its entry. With the usual quiet window: without one, the entry is
 *   written by the reply that it starts.
 * - interrupt: idle, but while a reply is streaming, with schedule `interrupt`: the reply is cut off and written down first.
 * - stop: a user's message is sent over HTTP → the model's connection, on which a reply is streaming, is closed.
 * - floor: a bare signal leads to an activity that asks the same model (bare/), on the same Temporal server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watch } from '../../client/watch.ts';
import { createMailbox, type Mailbox } from '../kit/mailbox.ts';
import { startStubModel, type StubRequest } from '../kit/model-server.ts';
import { startBare } from './bare/turns.ts';
import { percentile, ratio } from './figures.ts';
import { type OurService, onGround, WITH_EXTENSIONS } from './ground.ts';
import { post } from './service.ts';
import { takeTurn } from './talk.ts';

export const latencyHelp = `npm run bench -- latency [--samples 100]
  Milliseconds from a tool's result to the model's call and to a reader of the stream, and from a message to the end of the reply in flight.`;

/** Samples of one kind before the next kind's turn. */
const BLOCK = 10;
const MODEL_LATENCY_MS = 20;
const WORD_MS = 20;
/** A reply that is not stopped. */
const LONGEST_MS = 2_500;
const BEAT_MS = { when_idle: 500, interrupt: 700 } as const;
/** How long a reply has been streaming when it is stopped, roughly. */
const SPOKEN_MS = 300;

interface Heard {
  /** Milliseconds until a result has reached the model. */
  told: Mailbox<number>;
  /** The bare workflow has asked, at performance.now. */
  bare: Mailbox<number>;
  /** A reply streams; `closed` resolves with performance.now when its connection is closed. */
  streams: Mailbox<{ closed: Promise<number> }>;
}

export async function latency(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { samples: { type: 'string', default: '100' } } });
  const blocks = Math.ceil(Number(values.samples) / BLOCK);
  const heard: Heard = {
    told: createMailbox('the model is told'),
    bare: createMailbox('the bare workflow asks'),
    streams: createMailbox('a reply streams'),
  };
  const stub = await startStubModel(answering(heard));
  const samples = { idle: [], reader: [], interrupt: [], stop: [], floor: [] } as Record<
    string,
    number[]
  >;
  try {
    await onGround(async (ground) => {
      const ours = await ground.service(stub.url, {
        ...WITH_EXTENSIONS,
        MEANWHILE_QUIET_MS: '0',
        MEANWHILE_GRACE_MS: '0',
      });
      const bare = (await startBare(ground, stub.url)).talk('bare');
      // The first block warms up.
      for (let block = 0; block <= blocks; block += 1) {
        const taken = {
          idle: (await beats(ours, heard, 'when_idle')).told,
          reader: (await beats(ours, heard, 'when_idle', 'calm')).read,
          interrupt: (await beats(ours, heard, 'interrupt')).told,
          stop: await stops(ours, heard),
          floor: [] as number[],
        };
        for (let i = 0; i < BLOCK; i += 1) {
          await sleep(100);
          taken.floor.push((await takeTurn(bare, heard.bare.take, 'Bare.')).model);
        }
        if (block === 0) continue;
        for (const [kind, more] of Object.entries(taken)) samples[kind]!.push(...more);
        console.log(
          `${block} of ${blocks} blocks of ${BLOCK}: ${JSON.stringify(summarise(samples))}`,
        );
      }
    });
  } finally {
    await stub.close();
  }
  const figures = summarise(samples);
  const { floor_p50_ms: floor } = figures;
  console.log(
    `to the floor: idle ${ratio(figures.idle_p50_ms, floor)}, interrupt ${ratio(figures.interrupt_p50_ms, floor)}, ` +
      `stop ${ratio(figures.stop_p50_ms, floor)}`,
  );
  return { bench: 'latency', ...figures };
}

function summarise({ idle, reader, interrupt, stop, floor }: Record<string, number[]>) {
  return {
    idle_p50_ms: percentile(idle!, 50),
    idle_p95_ms: percentile(idle!, 95),
    reader_p50_ms: percentile(reader!, 50),
    reader_p95_ms: percentile(reader!, 95),
    interrupt_p50_ms: percentile(interrupt!, 50),
    interrupt_p95_ms: percentile(interrupt!, 95),
    stop_p50_ms: percentile(stop!, 50),
    floor_p50_ms: percentile(floor!, 50),
  };
}

async function beats(
  { base, client }: OurService,
  { told, streams }: Heard,
  schedule: 'when_idle' | 'interrupt',
  agent?: string,
): Promise<{ told: number[]; read: number[] }> {
  // The first finds nobody speaking, or a conversation that has just begun: it does not count.
  const beats = BLOCK + 1;
  const input = { beats, every_ms: BEAT_MS[schedule], schedule };
  const message = { text: `Beat ${JSON.stringify(input)}` };
  const { id } = await client.post('/v1/conversations', { message, ...(agent && { agent }) });
  const read: number[] = [];
  const log = watch(client, id, (item) => {
    if (item.type !== 'entry' || item.data.kind !== 'call.event') return;
    const { data } = item.data as { data?: unknown };
    read.push(performance.timeOrigin + performance.now() - (data as Beat).at);
  });
  const samples: number[] = [];
  while (samples.length < beats) samples.push(await told.take());
  // A reply that streamed was cut off by each of them, the last one ends by itself.
  if (schedule === 'interrupt') for (let i = 0; i < beats; i += 1) await streams.take();
  await log.until('the call is over', () => log.of('call.completed').length > 0);
  await post(`${base}/v1/conversations/${id}/close`, {});
  await log.close();
  return { told: samples.slice(1), read: read.slice(1) };
}

/** What a beat says: when it began, in milliseconds since 1970. */
interface Beat {
  at: number;
}

async function stops({ base, client }: OurService, { streams }: Heard): Promise<number[]> {
  const { id } = await client.post('/v1/conversations', { message: { text: 'Talk.' } });
  const url = `${base}/v1/conversations/${id}`;
  const samples: number[] = [];
  while (samples.length < BLOCK) {
    const { closed } = await streams.take();
    await sleep(SPOKEN_MS);
    const sent = performance.now();
    const sending = post(`${url}/messages`, { text: 'Talk.' });
    samples.push((await closed) - sent);
    await sending;
  }
  await streams.take();
  await post(`${url}/close`, {});
  return samples;
}

/** The stub: what it says follows from the first message. */
function answering({ told, bare, streams }: Heard) {
  const seen = new Set<number>();
  return async (request: StubRequest) => {
    const at = performance.now();
    const { messages } = request;
    const first = messages.find(({ role }) => role === 'user')!.text;
    if (first.startsWith('Bare')) bare.put(at);
    const beat = /^Beat (.*)/.exec(first)?.[1];
    if (beat && !messages.some(({ role }) => role === 'assistant')) {
      return { text: 'Ok.', calls: [{ name: 'beat', arguments: beat }] };
    }
    const news = beat ? beatsIn(messages.at(-1)!.text) : [];
    const latest = Math.max(...news);
    if (news.length > 0 && !seen.has(latest)) {
      seen.add(latest);
      told.put(performance.timeOrigin + at - latest);
    }
    if (first.startsWith('Talk') || (first.includes('interrupt') && news.length > 0)) {
      return { text: streaming(request) };
    }
    await sleep(MODEL_LATENCY_MS);
    return { text: 'Ok.' };
  };

  async function* streaming({ closed }: StubRequest): AsyncGenerator<string> {
    const isClosed = Promise.withResolvers<number>();
    closed.addEventListener('abort', () => isClosed.resolve(performance.now()), { once: true });
    streams.put({ closed: isClosed.promise });
    const end = performance.now() + LONGEST_MS;
    while (!closed.aborted && performance.now() < end) {
      yield 'word ';
      await sleep(WORD_MS);
    }
  }
}

/** When the beats began that `<now>` tells: milliseconds since 1970. */
function beatsIn(text: string): number[] {
  const json = /^<now>(.*)<\/now>$/s.exec(text)?.[1];
  if (!json) return [];
  const { news } = JSON.parse(json) as { news: { results?: { data: Beat }[] }[] };
  return news.flatMap(({ results = [] }) => results.map(({ data }) => data.at));
}
