/**
 * Finds the host of a server, or starts it. Each start has a folder of its own, beside those of calls, so that concurrent workers start
 * only one host. A host whose keeper was killed continues, and is found like any other.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSpoolOpen } from '../../../tools/keeper/alive.ts';
import { attach, stopKept } from '../../../tools/keeper/attach.ts';
import { readSpool } from '../../../tools/keeper/spool.ts';
import { programVariables } from '../../../tools/mcp-program.ts';
import { packageVersion } from '../../../tools/version.ts';
import { asEnvironment, type ProgramVariables, startOf } from '../program.ts';
import { openLink, type HostLink } from './link.ts';
import { ADDRESS_FILE, type HostAddress } from './messages.ts';

export interface FindOptions {
  /** Contains a folder for each call, and for each start of a host. */
  root: string;
  /** Name of the server. */
  server: string;
  variables: ProgramVariables;
}

/** @throws Error when it cannot be started */
export async function findHost(options: FindOptions): Promise<{ folder: string; link: HostLink }> {
  for (let tries = 0; ; tries += 1) {
    const folder = await latestFolder(options);
    await start(folder, options);
    const link = await linkTo(folder, START_MS).catch(() => undefined);
    if (link) return { folder, link };
    if (tries >= MOST_TRIES) throw new Error(`The host of ${options.server} could not be started.`);
    // A host that is ending, or was killed a moment ago, still counts as running. The next one starts when it is gone.
    await waitForEnd(folder, GOING_MS);
  }
}

/** Undefined if the host of that folder no longer runs. */
export async function linkIfAlive(folder: string): Promise<HostLink | undefined> {
  return (await isSpoolOpen(folder)) ? linkTo(folder, 0).catch(() => undefined) : undefined;
}

const START_MS = 60_000;
/** Longer than an ending host waits for its server. */
const GOING_MS = 15_000;
const MOST_TRIES = 5;
const POLL_MS = 20;

async function start(folder: string, { server, variables }: FindOptions): Promise<void> {
  const command = {
    label: `The MCP server ${server}`,
    argv: startOf('host'),
    grace_ms: 9_000,
    max_bytes: 1_000_000,
  };
  const never = new AbortController().signal;
  const environment = programVariables(asEnvironment(variables));
  const { lines } = await attach(folder, command, environment, never);
  await lines.return();
}

async function linkTo(folder: string, patience_ms: number): Promise<HostLink> {
  for (const end = performance.now() + patience_ms; ;) {
    const text = await readFile(join(folder, ADDRESS_FILE), 'utf8').catch(() => undefined);
    if (text !== undefined) return openLink(JSON.parse(text) as HostAddress);
    if (performance.now() >= end || !(await isSpoolOpen(folder)))
      throw new Error('The host is not running.');
    await sleep(POLL_MS);
  }
}

/** Resolves when the host has ended, or after `within_ms`. */
async function waitForEnd(folder: string, within_ms: number): Promise<void> {
  const end = performance.now() + within_ms;
  while (performance.now() < end && (await isSpoolOpen(folder))) await sleep(POLL_MS);
}

/** The folder of the running host, or of the next one to start. */
async function latestFolder(options: FindOptions): Promise<string> {
  const { root } = options;
  const prefix = `mcp-${idOf(options)}-`;
  const names = await readdir(root).catch(() => []);
  const numbers = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)));
  const last = Math.max(0, ...numbers);
  const folder = (n: number) => join(root, `${prefix}${n}`);
  // If nothing has started in the last folder yet, another process may be about to. Both then use the same start.
  if (last > 0 && (!(await hasBegun(folder(last))) || (await isSpoolOpen(folder(last)))))
    return folder(last);
  // Ends what the last host left running, and the host itself if its keeper was killed before it recorded the host's process.
  if (last > 0) await stopKept(folder(last));
  await mkdir(folder(last + 1), { recursive: true, mode: 0o700 });
  return folder(last + 1);
}

const hasBegun = async (folder: string) => (await readSpool(folder, 'keeper.json')) !== undefined;

/** A server whose declaration has changed gets another host. */
function idOf({ server, variables: { server: transport, allowPrivateUrls } }: FindOptions): string {
  const facts = JSON.stringify([server, transport, allowPrivateUrls, packageVersion()]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}
