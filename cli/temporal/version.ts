/** Which versions of `temporal` are accepted. */
import { execa } from 'execa';

/** The version of the Temporal CLI that we download when the machine has none. */
export const CLI_VERSION = '1.5.1';

/** The oldest server that is accepted, by its own version; a CLI built with `go install` has no version of its own. */
const OLDEST_SERVER = '1.27.0';

export type Checked = { usable: true; server: string } | { usable: false; why: string };

/** Runs `command`, a path or a name on PATH. Never throws. */
export async function checkTemporal(command: string): Promise<Checked> {
  const answer = await execa(command, ['--version'], { timeout: ANSWER_MS, reject: false });
  if (answer.code === 'ENOENT') return { usable: false, why: 'not there' };
  if (answer.failed) return { usable: false, why: `does not run (${answer.shortMessage})` };
  return judgeVersion(answer.stdout);
}

/** `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)` */
export function judgeVersion(printed: string): Checked {
  const server = /\bServer (\d+\.\d+\.\d+)/.exec(printed)?.[1];
  if (server === undefined)
    return { usable: false, why: `is not the Temporal CLI ("${printed.slice(0, 80)}")` };
  return server.localeCompare(OLDEST_SERVER, 'en', { numeric: true }) < 0
    ? { usable: false, why: `is too old (server ${server}, wanted ${OLDEST_SERVER} or newer)` }
    : { usable: true, server };
}

/** Long, since a usable CLI is slow on a busy machine, where building another would take much longer. Milliseconds. */
const ANSWER_MS = 60_000;
