/** A worker's connection to the host of a server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { type FromHost, type HostAddress, receiveOn, sendOn, type ToHost } from './messages.ts';

export interface HostLink {
  send(message: ToHost): void;
  /** @returns the function that ends it */
  listen(folder: string, hear: (message: FromHost) => void): () => void;
  isOpen(): boolean;
  /** Resolves when the host has gone, or the link was closed. */
  closed: Promise<void>;
  close(): void;
}

/** @throws Error if nobody listens there */
export async function openLink({ port, token }: HostAddress): Promise<HostLink> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  // A worker must be able to end while its hosts live on.
  socket.unref();
  const listeners = new Map<string, (message: FromHost) => void>();
  receiveOn(socket, (given) => {
    const message = given as FromHost;
    listeners.get(message.folder)?.(message);
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const send = (message: ToHost) => sendOn(socket, message);
  send({ kind: 'hello', token });
  return {
    send,
    listen(folder, hear) {
      listeners.set(folder, hear);
      return () => {
        if (listeners.get(folder) === hear) listeners.delete(folder);
      };
    },
    isOpen: () => !socket.destroyed,
    closed,
    close: () => socket.end(),
  };
}
