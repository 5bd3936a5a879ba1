/** Makes calls of MCP tools so that they outlive the worker: each in a program of its own, under a keeper. */
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
  /** Makes the call, or continues to follow it if it was made before. It is made at most once in its folder. */
  attach(order: McpOrder, signal: AbortSignal): Promise<McpRun>;
  /** Cancels the call in this folder, or prevents it. Resolves when its server has been notified, or could not be in time. */
  stop(folder: string): Promise<void>;
  /** Set if a call needs no process of its own. It may then be made before it has a workflow. */
  isWarm?: true;
}

export interface McpOrder {
  folder: string;
  /** Names the tool and the call, for people. */
  label: string;
  request: McpCallRequest;
  /** How much output of the program is kept, in bytes. */
  max_bytes: number;
}

export interface McpRun {
  /** All reports from the first one. Ends when the call is over, or the signal aborts. `offset` grows with each stored report. */
  reports: AsyncGenerator<{ report: McpReport; offset: number }, void, void>;
  /**
   * Call once the reports have ended. Undefined if the call ended without an outcome.
   * @throws ProgramLost
   */
  outcome(): Promise<McpOutcome | undefined>;
}

export interface KeptProgramOptions {
  argv: readonly [string, ...string[]];
  /** Environment variables besides those of `programVariables`. Called at each start. */
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
        // Ends a server that the program could not stop.
        await stopKept(folder);
        return readMcpFile(folder, 'outcome.json');
      },
    };
  },
  async stop(folder) {
    await stopKept(folder);
  },
});

/** Whether the program still runs. A question of a program that has ended is no longer open. */
async function runs(folder: string): Promise<boolean> {
  const program = await readSpool(folder, 'program.json');
  const isOver = (await readSpool(folder, 'exit.json')) !== undefined;
  return !isOver && program !== undefined && (await isAlive(program));
}

/** The whole environment of a program that calls MCP servers. */
export const programVariables = (own: Record<string, string>) => ({
  ...environment(['USER', 'LOGNAME', 'SHELL', 'TERM']),
  ...own,
});

/** Time for the program to cancel the call on the server, and for the server to end by itself. */
const GRACE_MS = 9_000;
