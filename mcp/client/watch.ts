/** Keeps up with what one server offers: connects, lists its tools, hears of changes, and starts again when it has gone. */
import type { PriorDiscovery, Tool as Upstream } from '@modelcontextprotocol/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './outcome.ts';
import type { McpServer } from './config.ts';
import { connect, type McpConnection } from './connection.ts';
import type { WireProgress } from './wire.ts';

export interface WatchOptions {
  server: McpServer;
  allowPrivateUrls: boolean;
  /** Called with the complete list, whenever it may have changed. */
  listed(tools: Upstream[], era: PriorDiscovery): void;
  /** Called with a connection that lasts, and without one when it has ended. */
  connected?(connection?: McpConnection): void;
  /** Called with each progress notification of that connection. */
  heard?(progress: WireProgress): void;
  /** Called when the server cannot be reached, or has gone. */
  missing(why: string): void;
  timing?: Partial<WatchTiming>;
}

export interface WatchTiming {
  /** Pause before the first attempt to connect again, and the longest one. */
  retry_ms: number;
  longest_retry_ms: number;
  /** How often a server is asked that has told nothing: it may not tell changes, or be gone. */
  look_ms: number;
  connect_ms: number;
}

const TIMING: WatchTiming = {
  retry_ms: 1_000,
  longest_retry_ms: 60_000,
  look_ms: 60_000,
  // `npx` may have to download the server first.
  connect_ms: 120_000,
};

export interface Watch {
  close(): Promise<void>;
}

export function watchServer(options: WatchOptions): Watch {
  const closing = new AbortController();
  const { signal } = closing;
  const timing = { ...TIMING, ...options.timing };
  const watching = run();

  async function run(): Promise<void> {
    let pause_ms = timing.retry_ms;
    while (!signal.aborted) {
      const hasAnswered = await attend();
      if (signal.aborted) return;
      pause_ms = hasAnswered ? timing.retry_ms : Math.min(pause_ms * 2, timing.longest_retry_ms);
      await sleep(pause_ms, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** One connection, from beginning to end. @returns whether the server has answered */
  async function attend(): Promise<boolean> {
    const { server, allowPrivateUrls, listed, missing, connected, heard } = options;
    const bell = createBell(signal);
    let connection: McpConnection | undefined;
    let hasAnswered = false;
    try {
      connection = await connect(server.transport, {
        allowPrivateUrls,
        signal,
        timeout_ms: timing.connect_ms,
        closed: () => bell.ring('closed'),
        toolsChanged: () => bell.ring('changed'),
        ...(heard && { heard }),
        // In a session that all calls share, nobody knows which of them asks.
        elicits: server.settings.session !== 'shared',
      });
      connected?.(connection);
      for (;;) {
        listed(await list(connection, signal), connection.era);
        hasAnswered = true;
        if ((await bell.next(timing.look_ms)) === 'closed') {
          throw new Error(withWords('The server has ended the connection.', connection));
        }
      }
    } catch (error) {
      if (!signal.aborted) missing(shorten(messageOf(error)));
      return hasAnswered;
    } finally {
      connected?.();
      await connection?.close().catch(() => {});
    }
  }

  return {
    async close() {
      closing.abort();
      await watching;
    },
  };
}

async function list({ client }: McpConnection, signal: AbortSignal): Promise<Upstream[]> {
  const { tools } = await client.listTools(undefined, {
    cacheMode: 'refresh',
    signal,
    timeout: LIST_MS,
  });
  return tools;
}

const LIST_MS = 60_000;

function withWords(text: string, connection: McpConnection): string {
  const said = connection.stderr();
  return said === '' ? text : `${text} Its last words:\n${said}`;
}

const shorten = (text: string) => (text.length > 1_000 ? `${text.slice(0, 1_000)} …` : text);

type Ring = 'closed' | 'changed' | 'time';

interface Bell {
  ring(why: Ring): void;
  /** Several rings in a row are one. @throws the signal's reason */
  next(within_ms: number): Promise<Ring>;
}

function createBell(signal: AbortSignal): Bell {
  let rung: Ring | undefined;
  let wake = () => {};
  return {
    ring(why) {
      if (rung !== 'closed') rung = why;
      wake();
    },
    async next(within_ms) {
      if (rung === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, within_ms).unref();
        signal.addEventListener('abort', wake, { once: true });
        await promise;
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
      }
      signal.throwIfAborted();
      const why = rung ?? 'time';
      if (rung !== 'closed') rung = undefined;
      return why;
    },
  };
}
