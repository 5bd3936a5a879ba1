/**
 * One process of a stdio server for all its calls, for servers that keep state between calls, such as a browser. The process ends with
 * its worker. The result of the next call says that the state is lost.
 */
import type { CallContext, CallYield, LocalTool } from '../../tools/define.ts';
import { type McpTool, OutcomeUnknown, returned } from '../../tools/mcp.ts';
import type { McpOutcome } from '../../tools/mcp-spool.ts';
import { performCall } from './call.ts';
import type { McpConnection } from './connection.ts';
import { RESULT_META } from './program.ts';
import { percentAndNote } from './progress.ts';
import type { WireProgress } from './wire.ts';

export interface McpSession {
  /** Sets the connection that calls use; without an argument, the connection has ended. */
  connected(connection?: McpConnection): void;
  onProgress(progress: WireProgress): void;
  tool(definition: Omit<McpTool, 'repeatable' | 'failsWithWorker' | 'program'>): LocalTool;
}

/**
 * @param wasUsed an earlier worker has used a session of this server, so its state is lost
 * @param used called after the first call, from which on the session has state. It stores that for the next worker; the call ends
 *   when it resolves
 */
export function createSession(wasUsed: boolean, used: () => Promise<void>): McpSession {
  const listeners = new Map<string | number, (progress: WireProgress) => void>();
  let connection: McpConnection | undefined;
  let hasState = wasUsed;
  /** State was lost, and no result has said so yet. */
  let isLost = wasUsed;

  /** @throws Error while there is no connection */
  async function open(): Promise<McpConnection> {
    if (!connection) throw new Error('The server is starting, or has ended.');
    return { ...connection, close: () => Promise.resolve() };
  }

  async function perform(
    definition: Pick<McpTool, 'upstream' | 'schema' | 'asTask'>,
    {
      input,
      call,
      onProgress,
    }: { input: unknown; call: CallContext; onProgress(step: WireProgress): void },
  ): Promise<McpOutcome> {
    listeners.set(call.id, onProgress);
    try {
      return await performCall({
        open,
        tool: definition.upstream,
        input,
        schema: definition.schema,
        ...(definition.asTask && { asTask: true as const }),
        idempotency_key: call.idempotency_key,
        token: call.id,
        signal: call.signal,
        onProgress,
        began: async () => {},
        withdrawn: async () => {},
      });
    } finally {
      listeners.delete(call.id);
    }
  }

  return {
    connected(given) {
      connection = given;
      if (!given && hasState) isLost = true;
    },
    onProgress: (progress) => listeners.get(progress.token)?.(progress),
    tool(definition) {
      const { server, upstream, schema, said, asTask: _, ...tool } = definition;
      return {
        ...tool,
        server,
        upstream: { name: upstream, schema, ...said },
        restart: 'fail',
        async *run(input, call) {
          const steps: WireProgress[] = [];
          let wake = () => {};
          const onProgress = (step: WireProgress) => {
            steps.push(step);
            wake();
          };
          let outcome: McpOutcome | undefined;
          const performing = perform(definition, { input, call, onProgress }).then((ended) => {
            outcome = ended;
          });
          // The loop below awaits it and throws its error, unless the caller has ended the generator.
          performing.catch(() => {});
          let percent = 0;
          for (;;) {
            for (const step of steps.splice(0)) {
              const report = yieldOf(step, call, percent);
              if (report.type === 'progress') percent = report.percent;
              yield report;
            }
            if (outcome && steps.length === 0) break;
            const more = new Promise<void>((resolve) => (wake = resolve));
            if (steps.length === 0) await Promise.race([performing, more]);
          }
          if (outcome.type === 'lost') throw new OutcomeUnknown(lostWith(server, outcome.message));
          const result = returned({ name: tool.name, server }, outcome);
          const wasLost = isLost;
          isLost = false;
          if (!hasState) await used();
          hasState = true;
          return wasLost ? { note: STATE_LOST, result } : result;
        },
      };
    },
  };
}

function yieldOf(step: WireProgress, call: CallContext, last: number): CallYield {
  if (step.meta && RESULT_META in step.meta) return call.result(step.meta[RESULT_META]);
  const { percent = last, note } = percentAndNote(step);
  return call.progress(percent, note);
}

const STATE_LOST =
  'The process of this server ended after its last use and was restarted: the state of its session is lost.';

const lostWith = (server: string, message: string) =>
  `The shared process of the MCP server ${server} ended in the middle of the call. It may or may not have done its work, and the state of its session is lost. ${message}`;
