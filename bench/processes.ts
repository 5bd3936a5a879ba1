/** What the machine and the processes of a bench cost. Linux only: elsewhere the figures are missing. */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

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

/** Of the processes with a variable in their environment whose value begins so. */
export async function memoryOf(prefix: string): Promise<Partial<Memory>> {
  if (process.platform !== 'linux') return {};
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const environment = await read(pid, 'environ');
      if (!environment.includes(`=${prefix}`)) return [];
      const kb = /^Pss:\s+(\d+)/m.exec(await read(pid, 'smaps_rollup'))?.[1];
      return kb === undefined ? [] : [Number(kb) / 1_024];
    }),
  );
  const of = sizes.flat();
  return { processes: of.length, processes_mb: Math.round(of.reduce((sum, mb) => sum + mb, 0)) };
}

/** Empty: it has gone, or is somebody else's. */
const read = (pid: string, file: string) =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
