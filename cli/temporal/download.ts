/** Downloads the official build of the Temporal CLI. A blocked network is detected within seconds. */
import { createWriteStream } from 'node:fs';
import * as http from 'node:http';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { executableName } from './cache.ts';
import { CLI_VERSION } from './version.ts';

export interface Download {
  url: string;
  /** How long the server may stay silent, before or during its response. */
  silenceMs: number;
  log: (line: string) => void;
  signal?: AbortSignal;
}

/** Downloads the archive into `folder` and unpacks it. @returns the executable's path. */
export async function downloadTemporal(folder: string, download: Download): Promise<string> {
  const archive = join(folder, 'archive');
  const restore = http.setGlobalProxyFromEnv?.();
  try {
    await fetchFile(archive, download);
  } finally {
    restore?.();
  }
  // Every supported system has a tar that detects the format; the one on Windows reads zip too.
  await execa('tar', ['-xf', archive, '-C', folder]);
  return join(folder, executableName);
}

/** Undefined when Temporal publishes no build for this machine. */
export function officialUrl(system = platform(), processor = arch()): string | undefined {
  const platforms: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
  const processors: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
  if (!(system in platforms && processor in processors)) return undefined;
  return `https://temporal.download/cli/archive/v${CLI_VERSION}?platform=${platforms[system]}&arch=${processors[processor]}`;
}

/** @throws Error with one sentence: refused, silent for too long, or cut short. */
export async function fetchFile(
  file: string,
  { url, silenceMs, log, signal: given }: Download,
): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(
    () => silence.abort(new Error(`${new URL(url).host} sent nothing for ${silenceMs / 1_000} s`)),
    silenceMs,
  );
  try {
    const signal = AbortSignal.any([silence.signal, ...(given ? [given] : [])]);
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body)
      throw new Error(`${new URL(url).host} answered ${response.status}`);
    const show = progressLines(Number(response.headers.get('content-length')) || undefined, log);
    await pipeline(
      Readable.fromWeb(response.body),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          timer.refresh();
          show(chunk.length);
          yield chunk;
        }
      },
      createWriteStream(file),
    );
  } catch (error) {
    throw silence.signal.aborted ? silence.signal.reason : readable(error);
  } finally {
    clearTimeout(timer);
  }
}

/** A line for every tenth of the download, or for every 10 MB if the server does not report the size. */
function progressLines(total: number | undefined, log: (line: string) => void) {
  const step = total === undefined ? 10_000_000 : total / 10;
  let received = 0;
  return (bytes: number) => {
    const before = Math.floor(received / step);
    received += bytes;
    if (Math.floor(received / step) === before) return;
    const megabytes = `${(received / 1e6).toFixed(1)} MB`;
    log(
      total === undefined
        ? `  ${megabytes}`
        : `  ${Math.floor((100 * received) / total)} % (${megabytes})`,
    );
  };
}

/** `fetch` says "fetch failed" or "terminated" and keeps the reason in `cause`. */
function readable(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? new Error(error.cause.message, { cause: error }) : error;
}
