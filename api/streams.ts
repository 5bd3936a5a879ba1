/** The open streams, so that they can be counted, and ended with the service. */
import type { ServerResponse } from 'node:http';

/** How long a reader may take to receive the end of its stream before it is cut off. */
const PATIENCE_MS = 500;

export interface Streams {
  readonly size: number;
  /** Counts the stream until its response closes. @returns a signal that aborts then, or when the service shuts down */
  open(response: ServerResponse): AbortSignal;
  /** Resolves when every response is closed. */
  closeAll(): Promise<void>;
}

export function createStreams(): Streams {
  const streams = new Map<ServerResponse, AbortController>();
  let isClosing = false;

  return {
    get size() {
      return streams.size;
    },

    open(response) {
      const controller = new AbortController();
      streams.set(response, controller);
      const closed = () => {
        streams.delete(response);
        controller.abort();
      };
      if (response.destroyed || isClosing) closed();
      else response.once('close', closed);
      return controller.signal;
    },

    async closeAll() {
      isClosing = true;
      const closing = [...streams.keys()].map(
        (response) => new Promise((resolve) => response.once('close', resolve)),
      );
      const impatience = setTimeout(() => {
        for (const response of streams.keys()) response.destroy();
      }, PATIENCE_MS);
      for (const controller of streams.values()) controller.abort();
      await Promise.all(closing);
      clearTimeout(impatience);
    },
  };
}
