/**
 * Keeps one program: starts it, writes its output to the spool and records how it ended, whatever happens to the service.
 * Argument: the spool's folder. SIGTERM stops the program. main.js starts it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup } from '../process-group.ts';
import { identify } from '../process-identity.ts';
import { createSegments, type Segments } from './segments.ts';
import { claimSpool, type ProgramExit, readSpool, writeSpool } from './spool.ts';

const RESERVE_BYTES = 64 * 1_024;
/** The longest incomplete line that is held back, in bytes. */
const LONGEST_REST = 64 * 1_024;
const EXIT_ATTEMPTS = 10;
const OUTPUT_GRACE_MS = 1_000;

const stop = Promise.withResolvers<void>();
process.on('SIGTERM', () => stop.resolve());
// The program must survive a closed terminal, or Ctrl-C in it.
for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});

const folder = process.argv[2]!;
const reserve = join(folder, 'reserve');
const self = (await identify(process.pid))!;
if (await claimSpool(folder, 'keeper.json', self)) await keep();

async function keep(): Promise<void> {
  const command = (await readSpool(folder, 'command.json'))!;
  const segments = createSegments(folder, command.max_bytes);
  // The reserve leaves room to record that the disk is full.
  const exit = await writeFile(reserve, Buffer.alloc(RESERVE_BYTES)).then(
    () => runProgram(command, segments),
    diskFull,
  );
  rmSync(reserve, { force: true });
  await writeExit(exit, segments);
}

async function runProgram(
  { argv, grace_ms }: { argv: readonly [string, ...string[]]; grace_ms: number },
  segments: Segments,
): Promise<ProgramExit> {
  const [file, ...args] = argv;
  let failed: ProgramExit | undefined;
  try {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const ended = once(child, 'exit');
    // If the program cannot be started, the next line throws the reason.
    ended.catch(() => {});
    await once(child, 'spawn');
    // The group is signalled only once: after its end, its number may belong to another group.
    let ending: Promise<void> | undefined;
    const end = () => (ending ??= endGroup(child.pid!, grace_ms));
    void stop.promise.then(end);

    for (const output of [child.stdout, child.stderr]) {
      let rest = Buffer.alloc(0);
      const write = (bytes: Uint8Array) => {
        if (failed) return;
        try {
          segments.append(bytes);
        } catch (error) {
          failed = diskFull(error as Error);
          rmSync(reserve, { force: true });
          void end();
        }
      };
      output.on('data', (chunk: Buffer) => {
        // Writes only whole lines, so that stdout and stderr do not mix within a line.
        const all = Buffer.concat([rest, chunk]);
        const at = Math.max(all.lastIndexOf(0x0a), all.lastIndexOf(0x0d)) + 1;
        const cut = at === 0 && all.length > LONGEST_REST ? all.length : at;
        if (cut > 0) write(all.subarray(0, cut));
        rest = Buffer.from(all.subarray(cut));
      });
      output.once('close', () => {
        if (rest.length > 0) write(Buffer.concat([rest, Buffer.from('\n')]));
      });
    }
    const program = await identify(child.pid!);
    if (program) {
      await writeSpool(folder, 'program.json', program).catch((error: Error) => {
        failed = diskFull(error);
        void end();
      });
    }

    const [code, signal] = (await ended) as [number | null, string];
    // Ends processes that the program left running in its group.
    await end();
    await closeOutput(child);
    return failed ?? (code === null ? { type: 'killed', signal } : { type: 'exited', code });
  } catch (error) {
    return { type: 'failed', error: 'NotStarted', message: (error as Error).message };
  }
}

/** Waits a moment for the end of the output, since a process that has left the group may hold it open forever. */
async function closeOutput({ stdout, stderr }: ChildProcess) {
  const open = [stdout!, stderr!].filter((output) => !output.closed);
  const late = setTimeout(() => open.forEach((output) => output.destroy()), OUTPUT_GRACE_MS);
  await Promise.all(open.map((output) => once(output, 'close')));
  clearTimeout(late);
}

function diskFull({ message }: Error): ProgramExit {
  return { type: 'failed', error: 'DiskFull', message };
}

/** Retries until there is room on the disk. After the last attempt the keeper fails, and the reader notices its end. */
async function writeExit(exit: ProgramExit, segments: Segments): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await writeSpool(folder, 'exit.json', { ...exit, bytes: segments.bytes() });
      process.exit();
    } catch (error) {
      if (attempt === EXIT_ATTEMPTS) throw error;
      segments.dropMiddle();
      await sleep(1_000);
    }
  }
}
