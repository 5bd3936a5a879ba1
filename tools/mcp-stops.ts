/** Cancels calls on their servers if no program runs that could do so. */
import { mkdir } from 'node:fs/promises';
import type { CallContext, WithdrawnCall } from './define.ts';
import { attemptsIn } from './keeper/attempts.ts';
import { attemptFolder, type McpCallee, orderOf } from './mcp-order.ts';
import { type McpOutcome, readMcpFile } from './mcp-spool.ts';

/** Cancels a call that waits for a person's answer. */
export async function stopAsking(
  tool: McpCallee,
  run: {
    input: unknown;
    call: CallContext;
    at(attempt: number): string;
    attempt: number;
  },
): Promise<void> {
  const { at, attempt, call } = run;
  const outcome = await outcomeIn(at(attempt), tool, run);
  if (outcome?.type !== 'asks') return tool.program.stop(at(attempt));
  if (outcome.task === undefined) return;
  const folder = at(attempt + 1);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const order = orderOf(tool, { ...run, folder }, { task: outcome.task, cancels: true });
  const { reports } = await tool.program.attach(order, call.signal);
  for await (const _ of reports);
}

/** The outcome of an attempt. Undefined for one that waits for an answer on its connection. */
async function outcomeIn(
  folder: string,
  tool: McpCallee,
  { input, call }: { input: unknown; call: CallContext },
): Promise<McpOutcome | undefined> {
  const written = await readMcpFile(folder, 'outcome.json');
  // A host reports an outcome before it writes the file.
  if (written || !(await readMcpFile(folder, 'begun.json'))) return written;
  const order = orderOf(tool, { folder, input, call }, {});
  const { reports, outcome } = await tool.program.attach(order, call.signal);
  for await (const { report } of reports) if (report.type === 'asks') return undefined;
  return outcome();
}

/**
 * Cancels the task of a call that ended without a result, unless its program has done so. The program may have been killed or disconnected
 * before. If the server does not answer within 15 seconds, a program of its own retries for five minutes.
 */
export async function withdraw(
  tool: McpCallee,
  { input, folder: own, signal, ...call }: WithdrawnCall,
): Promise<void> {
  const count = (await attemptsIn(own)).length;
  const folders = Array.from({ length: count + 1 }, (_, nth) => attemptFolder(own, nth));
  if ((await leftIn(folders)) === undefined) return;
  // A host may be about to cancel the task itself.
  for (const folder of folders) await tool.program.stop(folder);
  const task = await leftIn(folders);
  if (task === undefined) return;
  const folder = attemptFolder(own, count + 1);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const asked = { input, call: { ...call, maxOutputBytes: MOST_BYTES }, folder };
  const order = orderOf(tool, asked, { task, cancels: true });
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const { reports } = await tool.program.attach(order, patience);
  for await (const _ of reports);
}

/** How long the end of the call waits for the cancellation. */
const PATIENCE_MS = 15_000;
const MOST_BYTES = 1_000_000;

/** Id of the task that, by the files of the attempts, still runs on the server. */
async function leftIn(folders: string[]): Promise<string | undefined> {
  for (const folder of folders.toReversed()) {
    if (await readMcpFile(folder, 'withdrawn.json')) return undefined;
    const outcome = await readMcpFile(folder, 'outcome.json');
    if (outcome?.type === 'returned' || outcome?.type === 'failed') return undefined;
    if (outcome?.type === 'asks') return outcome.task;
    const task = await readMcpFile(folder, 'task.json');
    if (task) return task.id;
  }
  return undefined;
}
