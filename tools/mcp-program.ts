/** How a call of an MCP tool is made so that it outlives the worker: each in a program of its own, under a keeper. */
import { attach, stopKept } from './keeper/attach.ts';
import { readSpool } from './keeper/spool.ts';
import { isAlive } from './process-identity.ts';
import { environment } from './keeper/environment.ts';
import {
  type McpOutcome,
  type McpReport,
  type McpCallRequest,
  readMcpFile,
  readReport,
  writeMcpFile,
} from './mcp-spool.ts';

export interface McpProgram {
  /** Makes the call at most once in its folder, however often this is called, or finds it again. */
  attach(order: McpOrder, signal: AbortSignal): Promise<McpRun>;
  /** Cancels the call in this folder, or prevents it. Resolves when its server has been told. */
  stop(folder: string): Promise<void>;
  /** Present if a call needs no process of its own: then it may be made before there is a workflow for it. */
  isWarm?: true;
}

export interface McpOrder {
  folder: string;
  /** For people: names the tool and the call. */
  label: string;
  request: McpCallRequest;
  /** Most output that is kept, in bytes. */
  max_bytes: number;
}

export interface McpRun {
  /** From the beginning. Ends when the call is over, or the signal aborts. `offset` grows. */
  reports: AsyncGenerator<{ report: McpReport; offset: number }, void, void>;
  /** Call once the reports have ended. Undefined if the call ended before it had an answer. @throws ProgramLost */
  outcome(): Promise<McpOutcome | undefined>;
}

export interface KeptProgramOptions {
  argv: readonly [string, ...string[]];
  /** What it is given in its environment, beyond what every program sees. Read at each start. */
  variables(): Record<string, string>;
}

export const keptProgram = ({ argv, variables }: KeptProgramOptions): McpProgram => ({
  async attach({ folder, label, request, max_bytes }, signal) {
    if (!(await readMcpFile(folder, 'call.json'))) {
      await writeMcpFile(folder, 'call.json', request);
    }
    const command = { label, argv, grace_ms: GRACE_MS, max_bytes };
    const program = await attach(folder, command, programVariables(variables()), signal);
    async function* reports() {
      for await (const { text, offset } of program.lines) {
        const report = readReport(text);
        if (report?.type === 'asks' && !(await runs(folder))) continue;
        if (report) yield { report, offset };
      }
    }
    return {
      reports: reports(),
      async outcome() {
        await program.ended();
        // A server that its program could not stop.
        await stopKept(folder);
        return readMcpFile(folder, 'outcome.json');
      },
    };
  },
  async stop(folder) {
    await stopKept(folder);
  },
});

/** A program that has ended waits for no answer. */
async function runs(folder: string): Promise<boolean> {
  const program = await readSpool(folder, 'program.json');
  const isOver = (await readSpool(folder, 'exit.json')) !== undefined;
  return !isOver && program !== undefined && (await isAlive(program));
}

/** The whole environment of a program that talks to MCP servers. */
export const programVariables = (own: Record<string, string>) => ({
  ...environment(['USER', 'LOGNAME', 'SHELL', 'TERM']),
  ...own,
});

/** The program first tells the server that the call is cancelled, and lets it end by itself. */
const GRACE_MS = 9_000;
