/** What the machine and the processes of a bench cost. Linux only: elsewhere the figures are missing. */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** @returns asked later: the share of all cores that was busy since then */
export function meterMachine(): () => number {
  const before = times();
  return () => {
    const after = times();
    const share = (after.busy - before.busy) / (after.all - before.all);
    return Math.round(share * 100) / 100;
  };
}

function times() {
  const each = cpus().map(({ times }) => times);
  const all = each.flatMap((of) => Object.values(of)).reduce((sum, ms) => sum + ms, 0);
  return { all, busy: all - each.reduce((sum, { idle }) => sum + idle, 0) };
}

export interface Memory {
  processes: number;
  /** Proportional set size: a page that several share is divided among them. */
  processes_mb: number;
}

/**
 * What processes hold that have a variable whose value begins so in their environment. Reads one after the other, with a pause: reading all at
 * once would keep a processor busy for a quarter of a second, which is what the bench measures.
 */
export async function memoryOf(prefix: string): Promise<Partial<Memory>> {
  if (process.platform !== 'linux') return {};
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const of: number[] = [];
  for (const pid of pids) {
    if (!(await read(pid, 'environ')).includes(`=${prefix}`)) continue;
    const kb = /^Pss:\s+(\d+)/m.exec(await read(pid, 'smaps_rollup'))?.[1];
    if (kb !== undefined) of.push(Number(kb) / 1_024);
    await sleep(PAUSE_MS);
  }
  return { processes: of.length, processes_mb: Math.round(of.reduce((sum, mb) => sum + mb, 0)) };
}

const PAUSE_MS = 20;

/**
 * Milliseconds of CPU that a process has spent so far, by the names of its threads. Those that have ended count for the last of them.
 */
export async function cpuOf(pid: number): Promise<Map<string, number>> {
  const spent = new Map<string, number>();
  const add = (thread: string, ms: number) => spent.set(thread, (spent.get(thread) ?? 0) + ms);
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  let alive = 0;
  for (const thread of threads) {
    const name = (await read(`${pid}`, `task/${thread}/comm`)).trim();
    // Nanoseconds on a CPU: the kernel's other counters are sums of ticks.
    const ms = Number((await read(`${pid}`, `task/${thread}/schedstat`)).split(' ')[0]) / 1e6;
    add(name, ms);
    alive += ms;
  }
  // Of the process as a whole, in hundredths of a second: with what its ended threads have spent.
  const stat = (await read(`${pid}`, 'stat')).split(') ')[1]?.split(' ') ?? [];
  const whole = (Number(stat[11]) + Number(stat[12])) * 10;
  if (whole > alive) add('ended threads', whole - alive);
  return spent;
}

/** Empty if the process has ended or belongs to another user. */
const read = (pid: string, file: string) =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
