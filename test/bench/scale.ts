/**
 * The lines of docs/scale.md: an API process and a worker on PostgreSQL and Redis, with more and more idle conversations, streams and
 * conversations that talk. At each of three sizes it measures what a turn and a stream cost; the model holds if the costs stay the same
 * while the sizes grow. Client, model, Temporal's development server and databases share the machine. Linux only.
 *
 * It ends in time: a size that is not reached by then is measured as large as it has become.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { type Fleet, startFleet } from '../kit/fleet.ts';
import {
  cpuOfParts,
  openStreams,
  type Part,
  PARTS,
  residentMegabytes,
  sizeOfLog,
} from './fleet-costs.ts';
import { createHistoryMeter } from './history-meter.ts';
import { type LightReader, openLightReader } from './light-reader.ts';
import { meterMachine } from './processes.ts';
import { startSilentModel } from './silent-model.ts';
import { type OurTalk, startTalk } from './talk.ts';

export const scaleHelp = `npm run bench -- scale [--idle 10000] [--active 500] [--streams 2000] [--turns 5] [--minutes 14]
  What a turn, a conversation and a stream cost at a quarter, half and all of these sizes. --turns: of each active conversation.
  --minutes: when it ends at the latest, with sizes as large as they have become.`;

const SHARES = [0.25, 0.5, 1];
/** Of the time of a size, for reaching it: with conversations, then with streams, then with those that talk. */
const FILLED = { idle: 0.75, streams: 0.85, active: 0.9 };
const MODEL_MS = 20;
const FILL_AT_ONCE = 24;
/** Whether a conversation has come to rest is asked this seldom: asking is work for the API that is no turn's. */
const LOOK_MS = 250;
const TELL_MS = 30_000;
/** Turns at once, as many as two cores can do without one waiting for long. All active conversations take part in turn. */
const TURNS_AT_ONCE = 64;
/** The time of the whole bench decides, and not that of one turn. */
const PATIENCE_MS = 900_000;
/** Memory and statistics settle. */
const REST_MS = 3_000;

export interface ScaleSizes {
  idle: number;
  active: number;
  streams: number;
  turns: number;
  minutes: number;
}

export interface ScalePoint {
  conversations: number;
  streams: number;
  turns_per_s: number;
  rss_api_mb: number;
  rss_worker_mb: number;
  /** Milliseconds of CPU per turn. */
  cpu_ms: Record<Part, number>;
  /** The same, of this process: it is the client, the model and all readers. */
  driver_cpu_ms: number;
  /** Of all cores, while they talk. Where it is low, something waits. */
  cpu_share: number;
  history_bytes_per_turn: number;
  history_events_per_turn: number;
  rows_per_turn: number;
  log_bytes_per_turn: number;
  /** Of the API and of the worker before any of them talked. */
  rss_quiet_mb: [number, number];
  minutes: number;
}

export async function scale(args: string[]): Promise<object> {
  const options = { idle: '10000', active: '500', streams: '2000', turns: '5', minutes: '14' };
  const { values } = parseArgs({
    args,
    options: Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        name,
        { type: 'string' as const, default: value },
      ]),
    ),
  });
  const sizes = Object.fromEntries(
    Object.keys(options).map((name) => [name, Number(values[name])]),
  ) as unknown as ScaleSizes;
  for (const [name, size] of Object.entries(sizes)) {
    if (!(size > 0)) throw new Error(`--${name} must be a number above 0.`);
  }
  const points = await measureScale(sizes, (point) => console.log(JSON.stringify(point)));
  return { bench: 'scale', ...points.at(-1)! };
}

export async function measureScale(
  sizes: ScaleSizes,
  tell: (point: ScalePoint) => void,
  shares = SHARES,
): Promise<ScalePoint[]> {
  const ends: (() => unknown)[] = [];
  try {
    const model = await startSilentModel(() => {}, MODEL_MS);
    ends.push(() => model.close());
    const settings = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' };
    const fleet = await startFleet({ workers: 1, redis: true, settings });
    ends.push(() => fleet.close());
    const database = new pg.Client({ connectionString: fleet.postgres.url });
    await database.connect();
    ends.push(() => database.end());
    const connection = await Connection.connect({ address: fleet.temporal.address });
    ends.push(() => connection.close());
    const readers: LightReader[] = [];
    ends.push(() => readers.forEach((reader) => reader.close()));

    const temporal = new Client({ connection });
    const [api] = fleet.apis;
    const service = { base: api!.url, client: api!.client };
    const idle: string[] = [];
    const points: ScalePoint[] = [];
    const begun = performance.now();
    const minutes = () => Math.round((performance.now() - begun) / 6_000) / 10;
    let said = 0;
    const onTurn = () => void (said += 1);
    const telling = setInterval(
      () =>
        console.log(
          `${minutes()} minutes: ${idle.length} idle conversations, ${readers.length} streams, ${said} further turns`,
        ),
      TELL_MS,
    );
    ends.push(() => clearInterval(telling));
    for (const share of shares) {
      const end = begun + share * sizes.minutes * 60_000;
      const isTimeLeft = (part: number) => () =>
        performance.now() < end - (1 - part) * share * sizes.minutes * 60_000;
      await fill(idle, Math.ceil(sizes.idle * share), isTimeLeft(FILLED.idle), () =>
        talkOnce(fleet),
      );
      console.log(`${idle.length} idle conversations after ${minutes()} minutes`);
      const streams = Math.ceil(sizes.streams * share);
      await fill(readers, streams, isTimeLeft(FILLED.streams), (nth) =>
        openLightReader(`${service.base}/v1/conversations/${idle[nth % idle.length]}/stream`),
      );
      const talks: OurTalk[] = [];
      await fill(talks, Math.ceil(sizes.active * share), isTimeLeft(FILLED.active), () =>
        startTalk(service, PATIENCE_MS),
      );
      // The first turn of a conversation is another one.
      await sayInTurn(talks, 1, isTimeLeft(1), onTurn);
      console.log(`${readers.length} streams, ${talks.length} talk after ${minutes()} minutes`);
      await sleep(REST_MS);
      const history = createHistoryMeter(temporal, `conversation/default/${talks[0]!.id}`);
      const resident = () =>
        Promise.all([residentMegabytes(api!.pid), residentMegabytes(fleet.workers[0]!.pid)]);
      const quiet = await resident();
      const before = {
        history: await history.total(),
        log: await sizeOfLog(database),
        cpu: await cpuOfParts(fleet),
      };
      const own = process.cpuUsage();
      const machine = meterMachine();
      const begin = performance.now();
      const { turns, ofFirst } = await sayInTurn(talks, sizes.turns, isTimeLeft(1), onTurn);
      const seconds = (performance.now() - begin) / 1_000;
      const { user, system } = process.cpuUsage(own);
      const cpu_share = machine();
      const cpu = await cpuOfParts(fleet);
      const log = await sizeOfLog(database);
      const grown = await history.total();
      const [rss_api_mb, rss_worker_mb] = await resident();
      const point: ScalePoint = {
        conversations: idle.length + talks.length,
        streams: await openStreams(service.base),
        turns_per_s: tenth(turns / seconds),
        rss_api_mb,
        rss_worker_mb,
        cpu_ms: Object.fromEntries(
          PARTS.map((part) => [part, tenth((cpu[part] - before.cpu[part]) / turns)]),
        ) as Record<Part, number>,
        driver_cpu_ms: tenth((user + system) / 1_000 / turns),
        cpu_share,
        history_bytes_per_turn: Math.round((grown.bytes - before.history.bytes) / ofFirst),
        history_events_per_turn: tenth((grown.events - before.history.events) / ofFirst),
        rows_per_turn: tenth((log.rows - before.log.rows) / turns),
        log_bytes_per_turn: Math.round((log.bytes - before.log.bytes) / turns),
        rss_quiet_mb: quiet,
        minutes: minutes(),
      };
      points.push(point);
      tell(point);
      // They are idle from now on.
      await Promise.all(talks.map((talk) => talk.close()));
      idle.push(...talks.map(({ id }) => id));
    }
    return points;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

/** Makes more, a few at once, until the wanted number is reached or the time is over; at least one. */
async function fill<T>(
  all: T[],
  count: number,
  isTimeLeft: () => boolean,
  make: (nth: number) => Promise<T>,
): Promise<void> {
  let begun = all.length;
  const lanes = Array.from({ length: FILL_AT_ONCE }, async () => {
    while (begun < count && (begun === 0 || isTimeLeft())) all.push(await make(begun++));
  });
  await Promise.all(lanes);
}

async function talkOnce({ client }: Fleet): Promise<string> {
  const { id } = await client.post('/v1/conversations', { message: { text: 'Hello.' } });
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    await sleep(LOOK_MS);
    const { last_seq, status } = await client.get(`/v1/conversations/${id}`);
    if (status === 'idle' && last_seq >= 3) return id;
    if (performance.now() > end) throw new Error(`${id} has not been answered.`);
  }
}

/** One message to each, then the next to each, until each has had all of its messages or the time is over. */
async function sayInTurn(
  talks: OurTalk[],
  count: number,
  isTimeLeft: () => boolean,
  onTurn: () => void,
): Promise<{ turns: number; ofFirst: number }> {
  const queue = talks.map((talk) => ({ talk, said: 0 }));
  const [first] = queue;
  let turns = 0;
  const lanes = Array.from({ length: TURNS_AT_ONCE }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (next.said > 0 && !isTimeLeft()) continue;
      const { answered } = await next.talk.send(`Message ${next.said}, please.`);
      await answered;
      turns += 1;
      onTurn();
      next.said += 1;
      if (next.said < count) queue.push(next);
    }
  });
  await Promise.all(lanes);
  return { turns, ofFirst: first!.said };
}

const tenth = (value: number) => Math.round(value * 10) / 10;
