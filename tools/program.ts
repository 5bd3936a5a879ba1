/** A program that runs beside the service, in a process group of its own, until it ends or is stopped. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { lineStream } from './lines.ts';
import { endGroup } from './process-group.ts';

export interface ProgramOptions {
  /** The program and its arguments. No shell reads them. */
  argv: readonly [string, ...string[]];
  /** Names of variables it may see besides PATH, HOME, LANG and TMPDIR. */
  env: readonly string[];
  /** Stops it when it aborts. */
  signal: AbortSignal;
  /** Between SIGTERM and SIGKILL. Milliseconds. */
  grace_ms: number;
}

export type ProgramEnd = { type: 'exited'; code: number } | { type: 'killed'; signal: string };

export interface Program {
  /** What it writes to stdout and stderr. A slow reader slows the program down. Ends when the program has. */
  lines: AsyncIterable<string>;
  ended: Promise<ProgramEnd>;
  /** Stops it and what it started, if they still run. Resolves when they are gone. */
  close(): Promise<void>;
}

/** @throws the system's error when it cannot be started, such as ENOENT. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { argv, env, signal, grace_ms } = options;
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await once(child, 'spawn');

  // Once only: after its end the number of the group may belong to somebody else.
  let ending: Promise<void> | undefined;
  const end = () => (ending ??= endGroup(child.pid!, grace_ms));
  const stop = () => void end();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });

  const ended = once(child, 'exit').then(([code, by]): ProgramEnd => {
    signal.removeEventListener('abort', stop);
    return code === null ? { type: 'killed', signal: by } : { type: 'exited', code };
  });
  // What it left running in its group ends with it.
  const gone = ended.then(end).then(() => closeOutput(child));

  return {
    lines: merge([child.stdout, child.stderr]),
    ended,
    async close() {
      // Nobody reads any more; a program that is writing its farewell must not block on that.
      for (const output of [child.stdout, child.stderr]) output.unpipe().resume();
      await end();
      await gone;
    },
  };
}

/** The service's own variables hold its secrets: a program sees none but these. */
export function environment(more: readonly string[]): Record<string, string | undefined> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', ...more];
  return Object.fromEntries(
    names.filter((name) => name in process.env).map((name) => [name, process.env[name]]),
  );
}

function merge(outputs: Readable[]): AsyncIterable<string> {
  const merged = new PassThrough({ objectMode: true });
  let open = outputs.length;
  for (const output of outputs) {
    const lines = lineStream();
    output.pipe(lines).pipe(merged, { end: false });
    // An output that was closed from this side has no end of its own.
    output.once('close', () => lines.end());
    lines.once('end', () => {
      open -= 1;
      if (open === 0) merged.end();
    });
  }
  return merged;
}

/** What has left the group may hold the output open for ever; the program's own words have arrived long before. */
async function closeOutput({ stdout, stderr }: ChildProcessByStdio<null, Readable, Readable>) {
  const open = [stdout, stderr].filter((output) => !output.closed);
  const late = setTimeout(() => open.forEach((output) => output.destroy()), OUTPUT_GRACE_MS);
  await Promise.all(open.map((output) => once(output, 'close')));
  clearTimeout(late);
}

const OUTPUT_GRACE_MS = 1_000;
