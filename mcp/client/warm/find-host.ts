/**
 * Finds the host of a server, or starts it. Each start has a folder of its own, among those of calls, so that nothing starts it twice. A host whose
 * keeper was killed goes on, and is found as any other.
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
    // A host that is ending, or was killed a moment ago, still counts as there. No other one is started beside it.
    await gone(folder, GOING_MS);
  }
}

/** Undefined when the host of that folder has gone. */
export async function linkIfAlive(folder: string): Promise<HostLink | undefined> {
  return (await isSpoolOpen(folder)) ? linkTo(folder, 0).catch(() => undefined) : undefined;
}

const START_MS = 60_000;
/** An ending host gives its server less than this to answer. */
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
      throw new Error('It is not there.');
    await sleep(POLL_MS);
  }
}

/** Resolves once no host is there, or at the deadline. */
async function gone(folder: string, within_ms: number): Promise<void> {
  const end = performance.now() + within_ms;
  while (performance.now() < end && (await isSpoolOpen(folder))) await sleep(POLL_MS);
}

/** The folder of the host that runs, or of the one to start. */
async function latestFolder(options: FindOptions): Promise<string> {
  const { root } = options;
  const prefix = `mcp-${idOf(options)}-`;
  const names = await readdir(root).catch(() => []);
  const numbers = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)));
  const last = Math.max(0, ...numbers);
  const folder = (n: number) => join(root, `${prefix}${n}`);
  // Where nothing has started yet, another process may be about to, and then it is started once for both.
  if (last > 0 && (!(await hasBegun(folder(last))) || (await isSpoolOpen(folder(last)))))
    return folder(last);
  // A host whose keeper was killed before it had written which process it is, and what the last one left behind.
  if (last > 0) await stopKept(folder(last));
  await mkdir(folder(last + 1), { recursive: true, mode: 0o700 });
  return folder(last + 1);
}

const hasBegun = async (folder: string) => (await readSpool(folder, 'keeper.json')) !== undefined;

/** A server that is declared in another way has another host. */
function idOf({ server, variables: { server: transport, allowPrivateUrls } }: FindOptions): string {
  const facts = JSON.stringify([server, transport, allowPrivateUrls, packageVersion()]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}
