/** A reader of a stream that costs little, so that a thousand fit beside the service: a bare socket, and what a bench counts. */
import { connect, type Socket } from 'node:net';

/** What a reader had of one reply. */
export interface HeardReply {
  /** Events with text of it that came before its end. */
  deltas: number;
  /** Characters of them, each counted once. */
  live: number;
  /** Characters of the reply. */
  whole: number;
  /** The text of the deltas is the beginning of the reply. */
  true: boolean;
  /** When its end came (performance.now). */
  at: number;
}

export interface LightReader {
  /** Entries so far. */
  readonly entries: number;
  /** What the next reply that ends was heard as. */
  heard(): Promise<HeardReply>;
  close(): void;
}

/** @param url of the stream */
export async function openLightReader(url: string): Promise<LightReader> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  const opened = Promise.withResolvers<void>();
  let next = Promise.withResolvers<HeardReply>();
  let entries = 0;
  let deltas = 0;
  let text = '';

  onEvents(socket, opened.resolve, (name, data) => {
    if (name === 'delta') {
      const delta = JSON.parse(data) as { offset: number; text: string };
      deltas += 1;
      text = text.slice(0, delta.offset) + delta.text;
    }
    if (name !== 'entry') return;
    entries += 1;
    if (!data.includes('"kind":"reply.')) return;
    const entry = JSON.parse(data) as { kind: string; text?: string };
    if (entry.kind === 'reply.started') return;
    const whole = entry.text ?? '';
    next.resolve({
      deltas,
      live: text.length,
      whole: whole.length,
      true: whole.startsWith(text),
      at: performance.now(),
    });
    next = Promise.withResolvers();
    deltas = 0;
    text = '';
  });
  socket.once('error', opened.reject);
  await opened.promise;
  return {
    get entries() {
      return entries;
    },
    heard: () => next.promise,
    close: () => void socket.destroy(),
  };
}

/** Chunks of HTTP are not taken apart: an event is a line `event:` and a line `data:`, and the service writes both at once. */
function onEvents(
  socket: Socket,
  opened: () => void,
  onEvent: (name: string, data: string) => void,
): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    rest += piece;
    if (rest.startsWith('HTTP/1.1') && !rest.startsWith('HTTP/1.1 200')) {
      socket.destroy(new Error(rest));
      return;
    }
    const end = rest.lastIndexOf('\n\n');
    if (end === -1) return;
    opened();
    const whole = rest.slice(0, end);
    rest = rest.slice(end + 2);
    for (const [, name, data] of whole.matchAll(/^event: (.*)\ndata: (.*)$/gm))
      onEvent(name!, data!);
  });
}
