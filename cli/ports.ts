import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import getPort, { clearLockedPorts, portNumbers } from 'get-port';
import type { Settings } from '../config.ts';

interface Wanted {
  /** 0: any. */
  usual: number;
  host: string;
  exclude?: number[];
  log: (line: string) => void;
}

/**
 * `usual`, or the next free port when it is taken; `log` then gets a line with `what` as the subject. Never a port from the range
 * that the system uses for outgoing connections: it may be taken again before it is used, or while its server is restarted.
 */
export async function usualOrFreePort(
  what: string,
  { usual, host, exclude = [], log }: Wanted,
): Promise<number> {
  // Otherwise it would not give a port twice within half a minute, though its server may have stopped meanwhile.
  clearLockedPorts();
  const candidates = usual === 0 ? anyPorts() : portNumbers(usual, usual + 500);
  const port = await getPort({ port: candidates, host, exclude });
  if (usual !== 0 && port !== usual) {
    log(`Port ${usual} is in use: ${what} uses port ${port} instead.`);
  }
  return port;
}

/** Below every system's range for outgoing connections; from a random start, so that concurrent searches rarely collide. */
function anyPorts(): Iterable<number> {
  const from = randomInt(20_000, 29_000);
  return portNumbers(from, from + 500);
}

/** Why nothing can listen there at the moment; undefined when it is possible. */
export function whyNotFree(port: number, host: string): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ port, host }, () => server.close(() => resolve(undefined)));
  });
}

/** The message is complete: show it and stop. */
export class PortInUse extends Error {
  override name = 'PortInUse';
}

/** A failed `listen`, in words that name the setting to change. A configured port is not changed silently. */
export function listenError(
  error: NodeJS.ErrnoException,
  port: number,
  host: string,
  setting = 'PORT',
): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new PortInUse(`Port ${port} on ${host} is in use. Set ${setting} to another one.`);
    case 'EACCES':
      return new PortInUse(
        `Port ${port} on ${host} is not allowed for this user. Set ${setting} to one above 1023.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new PortInUse(
        `${host} is not an address of this machine. Set HOST to one that is, or to 0.0.0.0 for all of them.`,
      );
    default:
      return error;
  }
}

/** For a `listen` with these settings that has failed. */
export const portTaken =
  ({ PORT, HOST }: Pick<Settings, 'PORT' | 'HOST'>) =>
  (error: NodeJS.ErrnoException): never => {
    throw listenError(error, PORT, HOST);
  };
