/** What the parts of a fleet cost. Linux only. */
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import type { Fleet } from '../kit/fleet.ts';
import { cpuOf } from './processes.ts';

export const PARTS = ['api', 'worker', 'temporal', 'postgres'] as const;
export type Part = (typeof PARTS)[number];

/** Live rows and the bytes of their columns, without what indexes and pages add. */
export async function sizeOfLog(database: pg.Client): Promise<{ rows: number; bytes: number }> {
  const { rows } = await database.query<{ rows: number; bytes: number }>(
    'select count(*)::int as rows, coalesce(sum(pg_column_size(entries.*)), 0)::float8 as bytes from entries',
  );
  return rows[0]!;
}

/** Milliseconds so far. */
export async function cpuOfParts(fleet: Fleet): Promise<Record<Part, number>> {
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

export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1_000);
}

/** As the API itself counts them: a reader that was cut off is none. */
export async function openStreams(base: string): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  return Number(/^meanwhile_open_streams (\d+)/m.exec(text)![1]);
}
