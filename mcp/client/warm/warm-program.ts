/** Calls that the host of their server makes. A worker orders a call, or continues to follow one that another worker ordered. */
import { claimMcpFile, type McpOutcome, readMcpFileNow } from '../../../tools/mcp-spool.ts';
import type { McpOrder, McpProgram, McpRun } from '../../../tools/mcp-program.ts';
import { findHost, type FindOptions, linkIfAlive } from './find-host.ts';
import type { HostLink } from './link.ts';
import type { FromHost } from './messages.ts';

export interface WarmProgram extends McpProgram {
  /** Starts the host ahead of the first call. */
  warmUp(): void;
  /** Says goodbye to the hosts. A host without calls and without another worker then ends. */
  close(): void;
}

/** @param options called at each start of a host */
export function warmProgram(options: () => FindOptions): WarmProgram {
  let current: Promise<{ folder: string; link: HostLink }> | undefined;
  /** Hosts of earlier declarations, with calls that still run. */
  const others = new Map<string, HostLink>();

  function reach(): Promise<{ folder: string; link: HostLink }> {
    if (current) return current;
    const found = findHost(options());
    current = found;
    const forget = () => {
      if (current === found) current = undefined;
    };
    found.then(({ link }) => link.closed).then(forget, forget);
    return found;
  }

  /** The host that has begun the call, if it still runs. Otherwise the current one, which makes the call or finds that it was lost. */
  async function linkFor(folder: string): Promise<HostLink> {
    const begun = readMcpFileNow(folder, 'begun.json');
    const host = await reach();
    if (begun?.host === undefined || begun.host === host.folder) return host.link;
    const known = others.get(begun.host);
    if (known?.isOpen()) return known;
    const link = await linkIfAlive(begun.host);
    if (!link) return host.link;
    others.set(begun.host, link);
    return link;
  }

  async function attach(
    { folder, label, request }: McpOrder,
    signal: AbortSignal,
  ): Promise<McpRun> {
    let outcome: McpOutcome | undefined;

    async function* reports() {
      let seen = 0;
      for (let isOver = false; !isOver && !signal.aborted;) {
        const link = await linkFor(folder);
        const inbox = createInbox(link, signal);
        const unlisten = link.listen(folder, inbox.put);
        link.send({ kind: 'call', folder, label, request });
        try {
          for await (const message of inbox.messages()) {
            if (message.kind === 'over') {
              outcome = message.outcome;
              isOver = true;
              break;
            }
            if (message.offset <= seen && message.report.type !== 'asks') continue;
            seen = message.offset;
            yield { report: message.report, offset: message.offset };
          }
        } finally {
          unlisten();
          if (!isOver) link.send({ kind: 'leave', folder });
        }
      }
    }

    return { reports: reports(), outcome: async () => outcome };
  }

  async function stop(folder: string): Promise<void> {
    if (claimMcpFile(folder, 'begun.json', {})) return;
    const { host } = readMcpFileNow(folder, 'begun.json') ?? {};
    const link = host === undefined ? undefined : await linkIfAlive(host);
    if (!link) return;
    const over = new Promise<void>((resolve) => {
      link.listen(folder, ({ kind }) => kind === 'over' && resolve());
    });
    // If the call is over already, the host answers at once.
    link.send({ kind: 'cancel', folder });
    link.send({ kind: 'call', folder, label: '', request: NOTHING });
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([over, link.closed, timeout]);
    link.close();
  }

  return {
    isWarm: true,
    attach,
    stop,
    warmUp: () => void reach().catch(() => {}),
    close() {
      void current?.then(({ link }) => link.send({ kind: 'goodbye' })).catch(() => {});
      for (const link of others.values()) link.close();
    },
  };
}

/** Never sent to a server: the call has begun. */
const NOTHING = { tool: '', input: {}, schema: {}, idempotency_key: '' };
const STOP_MS = 9_000;

/** The messages of the host about one call, in order, until the link is closed or the signal aborts. */
function createInbox(link: HostLink, signal: AbortSignal) {
  const waiting: FromHost[] = [];
  let wake = () => {};
  let isClosed = false;
  const awake = () => wake();
  void link.closed.then(() => {
    isClosed = true;
    wake();
  });
  signal.addEventListener('abort', awake, { once: true });
  return {
    put(this: void, message: FromHost) {
      waiting.push(message);
      wake();
    },
    async *messages(): AsyncGenerator<FromHost, void, void> {
      try {
        while (!signal.aborted) {
          yield* waiting.splice(0);
          if (isClosed || signal.aborted) return;
          if (waiting.length > 0) continue;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal.removeEventListener('abort', awake);
      }
    },
  };
}
