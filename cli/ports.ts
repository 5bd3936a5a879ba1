import { createServer } from 'node:net';
import getPort from 'get-port';

interface Wanted {
  /** 0: any. */
  usual: number;
  host: string;
  exclude?: number[];
  log: (line: string) => void;
}

/** `usual`, or any free port when it is taken; then `log` is told, with `what` as the subject. */
export async function usualOrFreePort(
  what: string,
  { usual, host, exclude = [], log }: Wanted,
): Promise<number> {
  const port = await getPort({ port: usual, host, exclude });
  if (usual !== 0 && port !== usual) {
    log(`Port ${usual} is in use: ${what} is on port ${port} instead.`);
  }
  return port;
}

/** Why nothing can listen there at this moment; undefined where something can. */
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

/** A failed `listen` of the API, in words that name the setting to change. A port that somebody set is not changed silently. */
export function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new PortInUse(`Port ${port} on ${host} is in use. Set PORT to another one.`);
    case 'EACCES':
      return new PortInUse(
        `Port ${port} on ${host} is not allowed to this user. Set PORT to one above 1023.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new PortInUse(
        `${host} is no address of this machine. Set HOST to one, or to 0.0.0.0 for all of them.`,
      );
    default:
      return error;
  }
}
