/** A worker's connection to the host of a server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { type FromHost, type HostAddress, receiveOn, sendOn, type ToHost } from './messages.ts';

export interface HostLink {
  send(message: ToHost): void;
  /**
   * Receives the messages about one call.
   * @param folder of the call
   * @returns the function that stops it
   */
  listen(folder: string, receive: (message: FromHost) => void): () => void;
  isOpen(): boolean;
  /** Resolves when the host has ended, or the link was closed. */
  closed: Promise<void>;
  close(): void;
}

/** @throws Error if nothing listens at the address */
export async function openLink({ port, token }: HostAddress): Promise<HostLink> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  // An open link must not keep the worker's process running.
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
    listen(folder, receive) {
      listeners.set(folder, receive);
      return () => {
        if (listeners.get(folder) === receive) listeners.delete(folder);
      };
    },
    isOpen: () => !socket.destroyed,
    closed,
    close: () => socket.end(),
  };
}
