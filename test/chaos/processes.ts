/** The processes of a run, found by its folder: in their arguments, or in MEANWHILE_HOME. Linux only, as it reads /proc. */
import { readdir, readFile } from 'node:fs/promises';

export interface Found {
  pid: number;
  /** Its arguments, with spaces between them. */
  command: string;
}

export async function processesOf(folder: string): Promise<Found[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, environment] = await Promise.all([
        read(pid, 'cmdline'),
        read(pid, 'environ'),
      ]);
      const isOurs = command.includes(folder) || environment.includes(`MEANWHILE_HOME=${folder}`);
      return isOurs ? [{ pid, command: command.replaceAll('\0', ' ').trim() }] : [];
    }),
  );
  return found.flat();
}

export interface FoundProgram extends Found {
  target: 'program' | 'keeper';
}

/** Programs of tools, and their keepers. */
export async function programsOf(folder: string): Promise<FoundProgram[]> {
  const all = await processesOf(folder);
  return all.flatMap((found): FoundProgram[] => {
    if (KEEPER.test(found.command)) return [{ ...found, target: 'keeper' }];
    return PROGRAM.test(found.command) ? [{ ...found, target: 'program' }] : [];
  });
}

/** Direct ones. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const parents = await Promise.all(pids.map(async (pid) => parentIn(await read(pid, 'stat'))));
  return pids.filter((_, i) => parents[i] === parent);
}

/** The second field, the name, may hold spaces and brackets; the parent is the fourth. */
const parentIn = (stat: string) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);

const KEEPER = /tools\/keeper\//;
const PROGRAM = /chaos\/extensions\/program\.ts/;

/** Empty if the process has ended or belongs to another user. */
const read = (pid: number, file: string) =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
