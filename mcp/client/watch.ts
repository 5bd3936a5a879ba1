/** Follows the tools that one server offers: connects, lists them, lists them again when they change, and reconnects. */
import type { PriorDiscovery, Tool as Upstream } from '@modelcontextprotocol/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, withStderr } from './outcome.ts';
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
  onProgress?(progress: WireProgress): void;
  /** Called when the server cannot be reached, or has ended the connection. */
  unreachable(why: string): void;
  timing?: Partial<WatchTiming>;
}

export interface WatchTiming {
  /** Pause before the first attempt to connect again. It doubles with each attempt up to `longest_retry_ms`. */
  retry_ms: number;
  longest_retry_ms: number;
  /** How often the tools are listed without a notification: the server may not send any, or be gone. */
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
    const { server, allowPrivateUrls, listed, unreachable, connected, onProgress } = options;
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
        ...(onProgress && { onProgress }),
        // In a session that all calls share, a question does not say which call it belongs to.
        elicits: server.settings.session !== 'shared',
      });
      connected?.(connection);
      for (;;) {
        listed(await list(connection, signal), connection.era);
        hasAnswered = true;
        if ((await bell.next(timing.look_ms)) === 'closed') {
          throw new Error(withStderr('The server has ended the connection.', connection.stderr()));
        }
      }
    } catch (error) {
      if (!signal.aborted) unreachable(shorten(messageOf(error)));
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

const shorten = (text: string) => (text.length > 1_000 ? `${text.slice(0, 1_000)} …` : text);

type Ring = 'closed' | 'changed' | 'time';

interface Bell {
  ring(why: Ring): void;
  /**
   * Waits for a ring, `within_ms` at most. Rings that nothing waited for count as one.
   * @throws the signal's reason
   */
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
