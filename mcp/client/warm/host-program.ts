/**
 * The host of an MCP server: makes all of its calls over one connection, so that a call starts no process. A keeper runs it, so the host
 * and its calls outlive the worker. It works in the folder that MEANWHILE_SPOOL names, and MEANWHILE_MCP says how to reach the server.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ProgramVariables } from '../program.ts';
import { createHostCalls, type Send } from './host-calls.ts';
import { ADDRESS_FILE, type HostAddress, receiveOn, sendOn, type ToHost } from './messages.ts';
import { createUpstream } from './upstream.ts';

const folder = process.env.MEANWHILE_SPOOL!;
const variables = JSON.parse(process.env.MEANWHILE_MCP!) as ProgramVariables;
// The declaration may contain secrets. The server gets only the variables that were declared for it.
delete process.env.MEANWHILE_MCP;

// Both streams go to the keeper. If it is killed, writing fails, and the host continues.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

/** How long it runs without a worker: a killed worker may be restarted within this time. */
const LINGER_MS = 60_000;
/** How long a server has to answer a cancellation. */
const STOP_MS = 8_000;

const token = randomBytes(24).toString('base64url');
const upstream = createUpstream(variables, { MEANWHILE_SPOOL: folder });
const calls = createHostCalls(folder, upstream);
const workers = new Set<Socket>();
let idleSince = performance.now();
let isEnding = false;

const server = createServer((socket) => {
  let isKnown = false;
  const send: Send = (message) => sendOn(socket, message);
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
        return calls.attach(message, send);
      case 'leave':
        return calls.leave(message.folder, send);
      case 'cancel':
        return calls.cancel(message.folder);
      case 'goodbye':
        // The host ends as soon as it has no other worker and no call.
        idleSince = -Infinity;
        return socket.end();
      case 'hello':
        return undefined;
    }
  });
  socket.once('close', () => {
    workers.delete(socket);
    if (idleSince !== -Infinity) idleSince = performance.now();
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
    idleSince = performance.now();
    return;
  }
  const isUnused = performance.now() - idleSince > LINGER_MS;
  if (isUnused && calls.running() === 0) void end();
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
