/** A connection to an MCP server of either era, over stdio or Streamable HTTP. */
import {
  Client,
  type ClientOptions,
  type ElicitResult,
  type PriorDiscovery,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { packageVersion } from '../../tools/version.ts';
import type { HttpServer, StdioServer } from '../../tools/declared-server.ts';
import type { McpAnswer } from '../../tools/mcp-spool.ts';
import { upstreamFetch } from './http.ts';
import { withStderr } from './outcome.ts';
import { stdioTransport, type StdioTransport } from './stdio.ts';
import { flushed, onTheWire, TASKS, type WireProgress } from './wire.ts';

export interface McpConnection {
  client: Client;
  /** The protocol of the server. A connection that is given it needs no negotiation. */
  era: PriorDiscovery;
  /** The end of the stderr of a stdio server; empty for other servers. */
  stderr(): string;
  close(): Promise<void>;
}

export interface ConnectOptions {
  allowPrivateUrls: boolean;
  /** The era that an earlier connection negotiated. */
  era?: PriorDiscovery;
  signal?: AbortSignal;
  /** Called with each progress notification. */
  onProgress?(progress: WireProgress): void;
  /** Called when the connection ends, except by `close`. */
  closed?(): void;
  toolsChanged?(): void;
  /**
   * Called when a server of the older protocol asks a person something in the middle of a call. The signal aborts when the server no
   * longer waits. Default: every question is declined.
   */
  asked?(params: unknown, signal: AbortSignal): Promise<McpAnswer>;
  /** Whether the server may ask. Default: true. */
  elicits?: boolean;
  /** Environment variables that mark the process of a stdio server, so that it can be found later. */
  marks?: Record<string, string>;
  /** Time for the handshake. */
  timeout_ms: number;
}

/** @throws Error of the SDK or the system, after it has ended what it started */
export async function connect(
  server: StdioServer | HttpServer,
  options: ConnectOptions,
): Promise<McpConnection> {
  try {
    return await open(server, options);
  } catch (error) {
    if (server.type === 'http' || options.era || !isUndecided(error)) throw error;
    // Some servers of the old era exit on an unknown request.
    return open(server, { ...options, era: { kind: 'legacy' } });
  }
}

const isUndecided = (error: unknown): boolean =>
  [error, (error as Error).cause].some(
    (each) => each instanceof SdkError && each.code === SdkErrorCode.EraNegotiationFailed,
  );

async function open(
  server: StdioServer | HttpServer,
  options: ConnectOptions,
): Promise<McpConnection> {
  const { era, signal, onProgress, closed, toolsChanged, timeout_ms, elicits = true } = options;
  const { asked = decline } = options;
  const client = new Client(IDENTITY, {
    versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(PROBE_MS, timeout_ms) } },
    capabilities: {
      extensions: { [TASKS]: {} },
      ...(elicits && { elicitation: { form: {}, url: {} } }),
    },
    inputRequired: { autoFulfill: false },
    ...(toolsChanged && {
      listChanged: { tools: { autoRefresh: false, onChanged: () => toolsChanged() } },
    }),
  } satisfies ClientOptions);
  if (elicits) {
    client.setRequestHandler(
      'elicitation/create',
      ({ params }, { mcpReq }) => asked(params, mcpReq.signal) as Promise<ElicitResult>,
    );
  }
  // Ignores errors of single messages. An error that ends the connection or fails a request is reported there.
  Object.assign(client, { onerror() {}, onclose: closed });
  const transport = onTheWire(transportOf(server, options), onProgress);
  try {
    await client.connect(transport, {
      timeout: timeout_ms,
      ...(signal && { signal }),
      ...(era && { prior: era }),
    });
  } catch (error) {
    Object.assign(client, { onclose: undefined });
    await transport.close().catch(() => {});
    const stderr = stderrOf(transport);
    if (stderr === '') throw error;
    throw new Error(withStderr((error as Error).message, stderr), { cause: error });
  }
  const discover = client.getDiscoverResult();
  return {
    client,
    era: discover ? { kind: 'modern', discover } : { kind: 'legacy' },
    stderr: () => stderrOf(transport),
    async close() {
      Object.assign(client, { onclose: undefined });
      await Promise.race([flushed(transport), after(1_000)]);
      if (transport instanceof StreamableHTTPClientTransport) {
        // Best effort: a server that does not answer drops the session after its own timeout.
        await Promise.race([transport.terminateSession().catch(() => {}), after(1_000)]);
      }
      await client.close();
    },
  };
}

const decline = async (): Promise<McpAnswer> => ({ action: 'decline' });

const IDENTITY = { name: 'meanwhile', version: packageVersion() };

/** A server of the old era may leave an unknown request unanswered. */
const PROBE_MS = 10_000;

function transportOf(
  server: StdioServer | HttpServer,
  { allowPrivateUrls, marks }: ConnectOptions,
): Transport {
  if (server.type === 'http') {
    return new StreamableHTTPClientTransport(new URL(server.url), {
      fetch: upstreamFetch(allowPrivateUrls),
      requestInit: { headers: server.headers },
      reconnectionOptions: {
        initialReconnectionDelay: 500,
        maxReconnectionDelay: 10_000,
        reconnectionDelayGrowFactor: 2,
        maxRetries: 20,
      },
    });
  }
  return stdioTransport(server, marks);
}

const stderrOf = (transport: Transport): string =>
  'stderr' in transport ? (transport as StdioTransport).stderr() : '';

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
