/**
 * Many readers of one conversation: what of a reply reaches them while it is spoken, how much longer it takes with them than with
 * one, and what they cost when nothing happens. The readers are bare sockets in a process of their own; model, Temporal
 * and readers share the machine with the service.
 *
 * - `deltas_share`: characters of a reply that a reader had in deltas before its end came, of all its characters; the mean over
 *   readers and replies. Deltas that come late are joined, so beside it stands how many there were.
 * - `reply_ratio`: from sending a message until the last reader has the end of its reply; the median with all readers over the
 *   median with one. The two take turns.
 * - `idle_cpu_share`: of one core, what the service's process (API, worker and PGlite) takes with all readers while nothing is said. What
 *   it takes without them is printed beside it.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Order, ReaderReport } from './crowd-of-readers.ts';
import { percentile, ratio } from './figures.ts';
import { onGround, type OurService } from './ground.ts';
import type { HeardReply } from './light-reader.ts';
import { post } from './service.ts';
import { startSpeakingModel } from './speaking-model.ts';

export const readersHelp = `npm run bench -- readers [--readers 1000] [--replies 5] [--idle 20]
  Readers of one conversation: what they receive of a reply, how much they slow it, and what they cost while idle for --idle seconds.`;

const SPEECH = { pieces: 40, pace: 50 };
/** Before a conversation counts as idle. */
const REST_MS = 10_000;

interface Reply {
  /** Milliseconds. */
  time: number;
  heard: HeardReply[];
}

export async function readers(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      readers: { type: 'string', default: '1000' },
      replies: { type: 'string', default: '5' },
      idle: { type: 'string', default: '20' },
    },
  });
  const count = Number(values.readers);
  const model = await startSpeakingModel(SPEECH);
  try {
    return await onGround(async (ground) => {
      const service = await ground.service(model.url);
      const crowd = crowdIn(await ground.worker('crowd-of-readers.ts', []));
      const { id } = await service.client.post('/v1/conversations');
      const listenedToBy = async (size: number): Promise<Reply> => {
        const { last_seq } = await service.client.get(`/v1/conversations/${id}`);
        await crowd.open(`${service.base}/v1/conversations/${id}/stream`, size, last_seq);
        const listening = await crowd.listen();
        const sent = performance.now();
        await post(`${service.base}/v1/conversations/${id}/messages`, { text: 'Go on.' });
        const heard = await listening.heard;
        const reply = { time: performance.now() - sent, heard };
        await crowd.close();
        return reply;
      };

      await listenedToBy(1);
      const alone: Reply[] = [];
      const together: Reply[] = [];
      for (let nth = 0; nth < Number(values.replies); nth += 1) {
        alone.push(await listenedToBy(1));
        together.push(await listenedToBy(count));
        console.log(
          JSON.stringify({ one: figures(alone.slice(-1)), all: figures(together.slice(-1)) }),
        );
      }
      const bare = await idleShare(service, Number(values.idle));
      const { last_seq } = await service.client.get(`/v1/conversations/${id}`);
      await crowd.open(`${service.base}/v1/conversations/${id}/stream`, count, last_seq);
      const held = await idleShare(service, Number(values.idle));
      console.log(
        JSON.stringify({
          one: figures(alone),
          all: figures(together),
          idle: { without: bare, with: held },
        }),
      );
      return {
        bench: 'readers',
        readers: count,
        deltas_share: figures(together).deltas_share,
        reply_ratio: ratio(figures(together).reply_p50_ms, figures(alone).reply_p50_ms),
        idle_cpu_share: held,
      };
    });
  } finally {
    await model.close();
  }
}

function crowdIn(child: ChildProcess) {
  const answer = async <Did extends ReaderReport['did']>(did: Did) => {
    const [report] = (await once(child, 'message')) as [ReaderReport];
    if (report.did !== did) throw new Error(`The readers did ${report.did} instead of ${did}.`);
    return report as ReaderReport & { did: Did };
  };
  const order = (what: Order) => void child.send(what);
  return {
    /** Resolves when each has had that number of entries. */
    async open(url: string, count: number, entries: number) {
      order({ do: 'open', url, readers: count, entries });
      await answer('open');
    },
    /** Of the next reply; resolves when they wait for it. */
    async listen() {
      order({ do: 'hear' });
      await answer('listen');
      return { heard: answer('hear').then(({ heard }) => heard) };
    },
    async close() {
      order({ do: 'close' });
      await answer('close');
    },
  };
}

function figures(replies: Reply[]) {
  const all = replies.flatMap(({ heard }) => heard);
  if (!all.every((heard) => heard.true)) throw new Error('A reader was told what was not said.');
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    reply_p50_ms: percentile(
      replies.map(({ time }) => time),
      50,
    ),
    deltas_share: Math.round(mean(all.map(({ live, whole }) => live / whole)) * 10_000) / 10_000,
    deltas_mean: Math.round(mean(all.map(({ deltas }) => deltas)) * 10) / 10,
  };
}

/** The share of one core, over that number of seconds. */
async function idleShare({ base }: OurService, seconds: number): Promise<number> {
  await sleep(REST_MS);
  const begin = performance.now();
  const used = await cpuSeconds(base);
  await sleep(seconds * 1_000);
  const share = ((await cpuSeconds(base)) - used) / ((performance.now() - begin) / 1_000);
  return Math.round(share * 10_000) / 10_000;
}

/** Of all threads of the service's process. */
async function cpuSeconds(base: string): Promise<number> {
  const metrics = await (await fetch(`${base}/metrics`)).text();
  const seconds = /^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1];
  if (seconds === undefined) throw new Error('The service does not say how much CPU it has used.');
  return Number(seconds);
}
