/**
 * The host of an MCP server: makes all of its calls over one connection, so that a call starts no process. A keeper runs it, so it
 * outlives its worker, and the calls that are under way with it. It works in the folder that MEANWHILE_SPOOL names, and MEANWHILE_MCP
 * says how to reach the server.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ProgramVariables } from '../program.ts';
import { createHostCalls, type Tell } from './host-calls.ts';
import { ADDRESS_FILE, type HostAddress, receiveOn, sendOn, type ToHost } from './messages.ts';
import { createUpstream } from './upstream.ts';

const folder = process.env.MEANWHILE_SPOOL!;
const variables = JSON.parse(process.env.MEANWHILE_MCP!) as ProgramVariables;
// Its server must not see the secrets of its own declaration in another form either.
delete process.env.MEANWHILE_MCP;

// They lead to its keeper. If that is killed, the host goes on.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

/** How long it stays without a worker: one that was killed may be back by then. */
const LINGER_MS = 60_000;
/** How long a server has to answer a cancellation. */
const STOP_MS = 8_000;

const token = randomBytes(24).toString('base64url');
const upstream = createUpstream(variables, { MEANWHILE_SPOOL: folder });
const calls = createHostCalls(folder, upstream);
const workers = new Set<Socket>();
let lonelySince = performance.now();
let isEnding = false;

const server = createServer((socket) => {
  let isKnown = false;
  const tell: Tell = (message) => sendOn(socket, message);
  receiveOn(socket, (given) => {
    const message = given as ToHost;
    if (!isKnown) {
      isKnown = message.kind === 'hello' && isToken(message.token);
      if (isKnown) workers.add(socket);
      else socket.destroy();
      return;
    }
    switch (message.kind) {
      case 'call':
        return calls.attach(message, tell);
      case 'leave':
        return calls.leave(message.folder, tell);
      case 'cancel':
        return calls.cancel(message.folder);
      case 'goodbye':
        // Another worker may be there, and calls go on.
        lonelySince = -Infinity;
        return socket.end();
      case 'hello':
        return undefined;
    }
  });
  socket.once('close', () => {
    workers.delete(socket);
    if (lonelySince !== -Infinity) lonelySince = performance.now();
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const draft = join(folder, `${ADDRESS_FILE}.new`);
await writeFile(draft, JSON.stringify({ port, token } satisfies HostAddress), { mode: 0o600 });
await rename(draft, join(folder, ADDRESS_FILE));
void upstream.warmUp();

setInterval(() => {
  if (workers.size > 0) {
    lonelySince = performance.now();
    return;
  }
  const isLonely = performance.now() - lonelySince > LINGER_MS;
  if (isLonely && calls.running() === 0) void end();
}, 250);

process.on('SIGTERM', () => {
  calls.cancelAll();
  void end();
});

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  server.close();
  setTimeout(() => process.exit(), STOP_MS);
  while (calls.running() > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  await upstream.close();
  process.exit();
}

function isToken(given: unknown): boolean {
  const own = Buffer.from(token);
  const other = Buffer.from(String(given));
  return own.length === other.length && timingSafeEqual(own, other);
}
