/** The one connection of a host to its server, opened when it is needed and again when it has ended. */
import type { McpConnection, ConnectOptions } from '../connection.ts';
import { connect } from '../connection.ts';
import type { CallOptions } from '../open.ts';
import type { McpOutcome } from '../../../tools/mcp-spool.ts';
import { performCall } from '../call.ts';
import type { ProgramVariables } from '../program.ts';
import type { WireProgress } from '../wire.ts';

export interface HostedCall extends Omit<CallOptions, 'open' | 'token'> {
  /** Called when the server asks a person in the middle of the call. */
  asked: NonNullable<ConnectOptions['asked']>;
}

export interface Upstream {
  /** @throws the signal's reason if the call is cancelled, after an attempt to cancel it on the server */
  perform(call: HostedCall): Promise<McpOutcome>;
  /** Opens the connection ahead of the first call. Never rejects. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

export function createUpstream(
  { server, era, allowPrivateUrls }: ProgramVariables,
  marks: Record<string, string>,
): Upstream {
  const listeners = new Map<string | number, (progress: WireProgress) => void>();
  /** The calls that run, in the order in which they began. */
  const running = new Set<HostedCall>();
  let opening: Promise<McpConnection> | undefined;
  let calls = 0;

  function open(): Promise<McpConnection> {
    if (opening) return opening;
    const options: ConnectOptions = {
      allowPrivateUrls,
      marks,
      timeout_ms: 60_000,
      ...(era && { era }),
      // The server does not say which call asks. The latest one is the most likely.
      asked: async (params, signal) =>
        [...running].at(-1)?.asked(params, signal) ?? { action: 'cancel' },
      onProgress: (progress) => listeners.get(progress.token)?.(progress),
      closed: () => forget(opened),
    };
    const opened = connect(server, options);
    opening = opened;
    opened.catch(() => forget(opened));
    return opened;
  }

  function forget(which: Promise<McpConnection> | undefined): void {
    if (opening === which) opening = undefined;
  }

  /** The connection for one call, which must not close it for the others. */
  const borrowed = async (): Promise<McpConnection> => ({
    ...(await open()),
    close: () => Promise.resolve(),
  });

  async function drop(): Promise<void> {
    const dropped = opening;
    opening = undefined;
    await dropped?.then((connection) => connection.close()).catch(() => {});
  }

  return {
    async perform(call) {
      calls += 1;
      const token = `call-${process.pid}-${calls}`;
      listeners.set(token, call.onProgress);
      running.add(call);
      try {
        const known = opening;
        const options = { ...call, token, open: borrowed, notReceived: () => void drop() };
        const outcome = await performCall(options);
        // A restarted server does not know the session of an older connection, and has refused the call.
        if (known === undefined || !isSessionLost(outcome) || call.signal.aborted) return outcome;
        if (opening === known) await drop();
        return await performCall(options);
      } finally {
        listeners.delete(token);
        running.delete(call);
      }
    },
    async warmUp() {
      await open().catch(() => {});
    },
    close: drop,
  };
}

/** HTTP statuses with which servers of the older protocol refuse an unknown session. */
const NO_SESSION = [400, 404];

const isSessionLost = (outcome: McpOutcome) =>
  outcome.type === 'failed' && NO_SESSION.includes(outcome.status ?? 0);
