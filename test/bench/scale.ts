/**
 * The lines of docs/scale.md: an API process and a worker on PostgreSQL and Redis, with more and more idle conversations, streams and
 * conversations that talk. At each of three sizes it measures what a turn and a stream cost; the model holds if the costs stay the same
 * while the sizes grow. Client, model, Temporal's development server and databases share the machine. Linux only.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { type Fleet, startFleet } from '../kit/fleet.ts';
import { createHistoryMeter } from './history-meter.ts';
import { type LightReader, openLightReader } from './light-reader.ts';
import { cpuOf } from './processes.ts';
import { startSilentModel } from './silent-model.ts';
import { startTalk } from './talk.ts';

export const scaleHelp = `npm run bench -- scale [--idle 10000] [--active 500] [--streams 2000] [--turns 10]
  What a turn, a conversation and a stream cost at a quarter, half and all of these sizes. --turns: of each active conversation.`;

const SHARES = [0.25, 0.5, 1];
const MODEL_MS = 20;
const AT_ONCE = 8;
/** Memory and statistics settle. */
const REST_MS = 3_000;

export interface ScaleSizes {
  idle: number;
  active: number;
  streams: number;
  turns: number;
}

export interface ScalePoint {
  conversations: number;
  streams: number;
  turns_per_s: number;
  rss_api_mb: number;
  rss_worker_mb: number;
  /** Milliseconds of CPU per turn. */
  cpu_ms: Record<Part, number>;
  history_bytes_per_turn: number;
  history_events_per_turn: number;
  rows_per_turn: number;
  log_bytes_per_turn: number;
}

const PARTS = ['api', 'worker', 'temporal', 'postgres'] as const;
type Part = (typeof PARTS)[number];

export async function scale(args: string[]): Promise<object> {
  const options = { idle: '10000', active: '500', streams: '2000', turns: '10' };
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
  const points = await measureScale(sizes, (point) => console.log(JSON.stringify(point)));
  return { bench: 'scale', ...points.at(-1)! };
}

export async function measureScale(
  sizes: ScaleSizes,
  tell: (point: ScalePoint) => void,
  shares = SHARES,
): Promise<ScalePoint[]> {
  const model = await startSilentModel(() => {}, MODEL_MS);
  const settings = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'stub' };
  const fleet = await startFleet({ workers: 1, redis: true, settings });
  const readers: LightReader[] = [];
  const database = new pg.Client({ connectionString: fleet.postgres.url });
  const connection = await Connection.connect({ address: fleet.temporal.address });
  try {
    await database.connect();
    const temporal = new Client({ connection });
    const [api] = fleet.apis;
    const service = { base: api!.url, client: api!.client };
    const idle: string[] = [];
    const points: ScalePoint[] = [];
    for (const share of shares) {
      await fill(idle, Math.ceil(sizes.idle * share), () => talkOnce(fleet));
      const streams = Math.ceil(sizes.streams * share);
      await fill(readers, streams, (nth) =>
        openLightReader(`${service.base}/v1/conversations/${idle[nth % idle.length]}/stream`),
      );
      const active = Math.ceil(sizes.active * share);
      const talks = await Promise.all(Array.from({ length: active }, () => startTalk(service)));
      await Promise.all(talks.map((talk) => say(talk, 'Hello.')));
      await sleep(REST_MS);
      const history = createHistoryMeter(temporal, `conversation/default/${talks[0]!.id}`);
      const before = {
        history: await history.total(),
        log: await sizeOfLog(database),
        cpu: await cpuOfParts(fleet),
      };
      const begin = performance.now();
      await Promise.all(
        talks.map(async (talk, nth) => {
          for (let i = 0; i < sizes.turns; i += 1)
            await say(talk, `Message ${i} to ${nth}, please.`);
        }),
      );
      const seconds = (performance.now() - begin) / 1_000;
      const cpu = await cpuOfParts(fleet);
      const log = await sizeOfLog(database);
      const grown = await history.total();
      const turns = active * sizes.turns;
      const point: ScalePoint = {
        conversations: idle.length + active,
        streams: streams + active,
        turns_per_s: tenth(turns / seconds),
        rss_api_mb: await residentMegabytes(api!.pid),
        rss_worker_mb: await residentMegabytes(fleet.workers[0]!.pid),
        cpu_ms: Object.fromEntries(
          PARTS.map((part) => [part, tenth((cpu[part] - before.cpu[part]) / turns)]),
        ) as Record<Part, number>,
        history_bytes_per_turn: Math.round((grown.bytes - before.history.bytes) / sizes.turns),
        history_events_per_turn: tenth((grown.events - before.history.events) / sizes.turns),
        rows_per_turn: tenth((log.rows - before.log.rows) / turns),
        log_bytes_per_turn: Math.round((log.bytes - before.log.bytes) / turns),
      };
      points.push(point);
      tell(point);
      // They are idle from now on.
      await Promise.all(talks.map((talk) => talk.close()));
      idle.push(...talks.map(({ id }) => id));
    }
    return points;
  } finally {
    for (const reader of readers) reader.close();
    await connection.close();
    await database.end();
    await fleet.close();
    await model.close();
  }
}

/** Makes so many of them, a few at a time. */
async function fill<T>(all: T[], count: number, make: (nth: number) => Promise<T>): Promise<void> {
  let begun = all.length;
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    while (begun < count) all.push(await make(begun++));
  });
  await Promise.all(lanes);
}

async function talkOnce({ client }: Fleet): Promise<string> {
  const { id } = await client.post('/v1/conversations', { message: { text: 'Hello.' } });
  for (;;) {
    const { last_seq, status } = await client.get(`/v1/conversations/${id}`);
    if (status === 'idle' && last_seq >= 3) return id;
    await sleep(50);
  }
}

async function say(talk: Awaited<ReturnType<typeof startTalk>>, text: string): Promise<void> {
  await (
    await talk.send(text)
  ).answered;
}

/** Live rows and the bytes of their columns, without what indexes and pages add. */
async function sizeOfLog(database: pg.Client): Promise<{ rows: number; bytes: number }> {
  const { rows } = await database.query<{ rows: number; bytes: number }>(
    'select count(*)::int as rows, coalesce(sum(pg_column_size(entries.*)), 0)::float8 as bytes from entries',
  );
  return rows[0]!;
}

async function cpuOfParts(fleet: Fleet): Promise<Record<Part, number>> {
  const postgres = await childrenOf(fleet.postgres.pid());
  const [api, worker, temporal] = [
    fleet.apis[0]!.pid,
    fleet.workers[0]!.pid,
    fleet.temporal.pid()!,
  ];
  const spent = async (pids: number[]) => {
    const all = await Promise.all(pids.map(cpuOf));
    return all.flatMap((threads) => [...threads.values()]).reduce((sum, ms) => sum + ms, 0);
  };
  return {
    api: await spent([api]),
    worker: await spent([worker]),
    temporal: await spent([temporal]),
    postgres: (await spent(postgres)) + (await spentByEnded(fleet.postgres.pid())),
  };
}

/** By its children that have ended: connections come and go. Milliseconds; the kernel counts in hundredths of a second. */
async function spentByEnded(pid: number | undefined): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

/** PostgreSQL has a process for each connection. */
async function childrenOf(parent: number | undefined): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  );
  return pids
    .filter((_, nth) => Number(stats[nth]!.split(') ')[1]?.split(' ')[1]) === parent)
    .map(Number);
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1_000);
}

const tenth = (value: number) => Math.round(value * 10) / 10;
