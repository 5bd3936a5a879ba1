/** The processes of a run, found by its folder: in their arguments, in MEANWHILE_HOME or MEANWHILE_SPOOL. Linux only, as it reads /proc. */
import { readdir, readFile } from 'node:fs/promises';

export interface Found {
  pid: number;
  /** Its arguments, with spaces between them. */
  command: string;
  /** Works in the folder of a call, or of the host of an MCP server. */
  isKept: boolean;
}

export async function processesOf(folder: string): Promise<Found[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, environment] = await Promise.all([
        read(pid, 'cmdline'),
        read(pid, 'environ'),
      ]);
      const isKept = environment.includes(`MEANWHILE_SPOOL=${folder}`);
      const isOurs =
        isKept || command.includes(folder) || environment.includes(`MEANWHILE_HOME=${folder}`);
      return isOurs ? [{ pid, command: command.replaceAll('\0', ' ').trim(), isKept }] : [];
    }),
  );
  return found.flat();
}

export interface FoundProgram extends Found {
  target: ProgramName;
}

/**
 * `program`, `keeper`: of a call. `mcp program`: makes calls of an MCP server. `mcp keeper`: that of a program that makes all calls of
 * a server. `upstream`: an MCP server that such a program has started.
 */
export type ProgramName = 'program' | 'keeper' | 'mcp program' | 'mcp keeper' | 'upstream';

export async function programsOf(folder: string): Promise<FoundProgram[]> {
  const all = await processesOf(folder);
  return all.flatMap((found) => {
    const target = targetOf(found);
    return target ? [{ ...found, target }] : [];
  });
}

function targetOf({ command, isKept }: Found): ProgramName | undefined {
  if (KEEPER.test(command)) return OF_HOST.test(command) ? 'mcp keeper' : 'keeper';
  if (PROGRAM.test(command)) return 'program';
  if (!isKept) return undefined;
  if (MCP_PROGRAM.test(command)) return 'mcp program';
  return UPSTREAM.test(command) ? 'upstream' : undefined;
}

/** Those of calls: they end with them. */
export const callPrograms = async (folder: string) =>
  (await programsOf(folder)).filter(({ target }) => target === 'program' || target === 'keeper');

/** Direct ones. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const parents = await Promise.all(pids.map(async (pid) => parentIn(await read(pid, 'stat'))));
  return pids.filter((_, i) => parents[i] === parent);
}

/** The second field, the name, may hold spaces and brackets; the parent is the fourth. */
const parentIn = (stat: string) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);

const KEEPER = /tools\/keeper\//;
const OF_HOST = /\/mcp-[0-9a-f]{16}-\d+\b/;
const PROGRAM = /chaos\/extensions\/program\.ts/;
const MCP_PROGRAM = /mcp\/client\/start\.js (host|call)\b/;
const UPSTREAM = /chaos\/mcp\/upstream\.ts stdio/;

/** Empty if the process has ended or belongs to another user. */
const read = (pid: number, file: string) =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
