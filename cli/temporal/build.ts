/** Builds the Temporal CLI with Go, for networks that block downloads but have a Go module proxy. */
import { join } from 'node:path';
import { execa } from 'execa';
import { executableName } from './cache.ts';
import { CLI_VERSION } from './version.ts';

const LONGEST_MS = 30 * 60_000;
const LOG_EVERY_MS = 10_000;

/** Builds the Temporal CLI into `folder`, which takes minutes. @returns the executable's path. */
export async function buildTemporal(
  folder: string,
  { log, signal }: { log: (line: string) => void; signal: AbortSignal },
): Promise<string> {
  const began = performance.now();
  let latest = '';
  const timer = setInterval(() => {
    log(
      `  building … ${Math.round((performance.now() - began) / 1_000)} s${latest && ` (${latest})`}`,
    );
  }, LOG_EVERY_MS);
  try {
    const build = execa(
      'go',
      ['install', '-ldflags=-s', `github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`],
      { env: { GOBIN: folder }, stdin: 'ignore', timeout: LONGEST_MS, cancelSignal: signal },
    );
    build.stderr.on('data', (chunk: Buffer) => {
      latest = chunk.toString().trim().split('\n').at(-1) ?? latest;
    });
    await build;
  } finally {
    clearInterval(timer);
  }
  return join(folder, executableName);
}
