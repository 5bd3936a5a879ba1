/** A call of an MCP tool as a worker runs it, in a folder of its own. */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { HttpServer, StdioServer } from '../../../tools/declared-server.ts';
import { connect } from '../../../mcp/client/connection.ts';
import { callProgram, type ProgramVariables } from '../../../mcp/client/program.ts';
import { warmProgram } from '../../../mcp/client/warm/warm-program.ts';
import type { CallContext, CallYield, LocalTool } from '../../../tools/define.ts';
import { stopAllKept } from '../../../tools/keeper/attempts.ts';
import { mcpTool } from '../../../tools/mcp.ts';
import type { McpProgram } from '../../../tools/mcp-program.ts';
import { callContext } from '../call-context.ts';
import { removeFolder } from '../remove-folder.ts';

export interface PlayedCall {
  folder: string;
  /** What it has yielded. */
  told: unknown[];
  cancel(): void;
  /** As when the worker shuts down: the program goes on. */
  handOver(): void;
  end: Promise<unknown>;
  /** What its workflow has done after an end without a result. */
  over(): Promise<void>;
}

export interface PlayOptions {
  server: StdioServer | HttpServer;
  era: ProgramVariables['era'];
  /** Whether the call has a process of its own. Default: `own`. */
  session?: 'own' | 'warm';
  /** Contains the folders of hosts. Default: one of its own. */
  root?: string;
  repeatable?: boolean;
  /** A server of protocol 2025-11-25 is asked for a task. */
  asTask?: boolean;
  /** Where an earlier worker ran it. */
  folder?: string;
  checkpoint?: unknown;
  resumes?: CallContext['resumes'];
  yielded?(step: CallYield): void;
}

/** Which protocol the server speaks, as discovery finds out. */
export async function eraOf(server: StdioServer | HttpServer): Promise<ProgramVariables['era']> {
  const connection = await connect(server, { allowPrivateUrls: true, timeout_ms: 30_000 });
  await connection.close();
  return connection.era;
}

export async function playCall(
  upstream: string,
  input: object,
  { server, era, session = 'own', repeatable = false, yielded = () => {}, ...earlier }: PlayOptions,
): Promise<PlayedCall> {
  const folder = earlier.folder ?? (await mkdtemp(join(tmpdir(), 'meanwhile-call-')));
  if (earlier.folder === undefined) {
    onTestFinished(async () => {
      await stopAllKept(folder);
      await removeFolder(folder);
    });
  }
  const variables = () => ({ server, era, allowPrivateUrls: true });
  const tool = toolOf(
    upstream,
    { repeatable, asTask: earlier.asTask ?? false },
    session === 'own' ? callProgram(variables) : await warmUnder(earlier.root, variables),
  );
  const stopping = new AbortController();
  let handsOver = false;
  const told: unknown[] = [];
  const context = callContext({
    signal: stopping.signal,
    checkpoint: earlier.checkpoint,
    ...(earlier.resumes && { resumes: earlier.resumes }),
    folder: async () => folder,
  });
  Object.defineProperty(context, 'handsOver', { get: () => handsOver });
  const run = async () => {
    const running = tool.run(input, context) as AsyncGenerator<CallYield>;
    for (;;) {
      const next = await running.next();
      if (next.done) return next.value as unknown;
      const step = next.value;
      told.push(step.type === 'result' ? step.data : [step.percent, step.note]);
      yielded(step);
    }
  };
  const end = run();
  end.catch(() => {});
  return {
    folder,
    told,
    end,
    cancel: () => stopping.abort(new Error('cancelled')),
    async over() {
      await stopAllKept(folder);
      const { signal } = new AbortController();
      await tool.withdraw!({ ...context, input, folder, signal });
    },
    handOver() {
      handsOver = true;
      stopping.abort(new Error('handed over'));
    },
  };
}

function toolOf(
  upstream: string,
  { repeatable, asTask }: { repeatable: boolean; asTask: boolean },
  program: McpProgram,
): LocalTool {
  return mcpTool({
    name: `test__${upstream}`,
    description: 'A tool of the test server.',
    input: z.looseObject({}),
    server: 'test',
    upstream,
    schema: { type: 'object' },
    ...(asTask && { asTask }),
    repeatable,
    failsWithWorker: false,
    program,
  });
}

/** With a host of its own, which ends with the test. */
async function warmUnder(
  given: string | undefined,
  variables: () => ProgramVariables,
): Promise<McpProgram> {
  const root = given ?? (await hostRoot());
  const program = warmProgram(() => ({ root, server: 'test', variables: variables() }));
  onTestFinished(() => program.close());
  return program;
}

/** A folder for hosts, which end with the test. */
export async function hostRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'meanwhile-hosts-'));
  onTestFinished(async () => {
    for (const name of await readdir(root)) await stopAllKept(join(root, name));
    await removeFolder(root);
  });
  return root;
}
