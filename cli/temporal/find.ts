/** Finds a Temporal server: on PATH, in the cache, by the official download, or by a build with Go. */
import { ExecaError } from 'execa';
import { buildTemporal } from './build.ts';
import { cachedTemporal, install } from './cache.ts';
import { downloadTemporal, officialUrl } from './download.ts';
import { checkTemporal, CLI_VERSION } from './version.ts';

type Log = (line: string) => void;

export interface TemporalSource {
  name: string;
  /** `missing` says in a few words why there is none. A thrown error counts as the reason. */
  find(): Promise<{ command: string } | { missing: string }>;
}

/** The message is complete: show it and stop. */
export class TemporalNotFound extends Error {
  override name = 'TemporalNotFound';
}

/**
 * @returns a command that supports `server start-dev`.
 * @throws TemporalNotFound with what was tried and what to do.
 */
export function findTemporal(log: Log, signal: AbortSignal): Promise<string> {
  return firstFound([onPath(), cached(), downloaded(log, signal), built(log, signal)], log, signal);
}

/** Later sources take longer, so they are tried only if the earlier ones fail. */
export async function firstFound(
  sources: TemporalSource[],
  log: Log,
  signal?: AbortSignal,
): Promise<string> {
  const tried: string[] = [];
  for (const { name, find } of sources) {
    const found = await find().catch((error: unknown) => ({ missing: reason(error) }));
    if ('command' in found) return found.command;
    signal?.throwIfAborted();
    tried.push(`${name}: ${found.missing}`);
    if (found.missing !== NOT_THERE) log(`${name}: ${found.missing}`);
  }
  throw new TemporalNotFound(`${INSTRUCTIONS}\nTried:\n${tried.map((t) => `  - ${t}`).join('\n')}`);
}

const NOT_THERE = 'not there';

const INSTRUCTIONS = `No Temporal server was found and none could be fetched. One of these helps:
  1. Install the Temporal CLI (https://docs.temporal.io/cli) so that \`temporal\` is on PATH.
  2. Put its executable here: ${cachedTemporal()}
  3. Run a Temporal server elsewhere and set TEMPORAL_ADDRESS to its host:port.`;

function onPath(): TemporalSource {
  return { name: '`temporal` on PATH', find: () => usable('temporal') };
}

function cached(): TemporalSource {
  return { name: cachedTemporal(), find: () => usable(cachedTemporal()) };
}

async function usable(command: string) {
  const checked = await checkTemporal(command);
  return checked.usable ? { command } : { missing: checked.why };
}

function downloaded(log: Log, signal: AbortSignal): TemporalSource {
  return {
    name: 'Download from temporal.download',
    async find() {
      const url = officialUrl();
      if (url === undefined) return { missing: 'has no build for this machine' };
      log(`Downloading the Temporal CLI ${CLI_VERSION}, once, into ${cachedTemporal()} …`);
      const command = await install(cachedTemporal(), (folder) =>
        downloadTemporal(folder, { url, silenceMs: 8_000, log, signal }),
      );
      return { command };
    },
  };
}

function built(log: Log, signal: AbortSignal): TemporalSource {
  return {
    name: 'Build with `go install`',
    async find() {
      log(`Building the Temporal CLI ${CLI_VERSION} with Go, once; this takes a few minutes …`);
      const command = await install(cachedTemporal(), (folder) =>
        buildTemporal(folder, { log, signal }),
      );
      return { command };
    },
  };
}

function reason(error: unknown): string {
  if (!(error instanceof ExecaError)) return error instanceof Error ? error.message : String(error);
  if (error.code === 'ENOENT') return `\`${error.command.split(' ')[0]}\` is not installed`;
  return [error.shortMessage, ...String(error.stderr).trim().split('\n').slice(-3)].join('\n    ');
}
