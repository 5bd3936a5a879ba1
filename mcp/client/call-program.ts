/**
 * Makes one call of an MCP tool and writes down its outcome. A keeper runs it: see tools/mcp.ts. It works in the folder that
 * MEANWHILE_SPOOL names, and MEANWHILE_MCP says how to reach the server. SIGTERM cancels the call, unless only its keeper was lost.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type McpAnswer,
  questionId,
  readMcpFile,
  reportLine,
  writeMcpFile,
  writePartial,
} from '../../tools/mcp-spool.ts';
import { performCall } from './call.ts';
import { connect } from './connection.ts';
import { readQuestion } from './elicitation.ts';
import { attemptIn, waitForAnswer } from './held-question.ts';
import { bounded } from './outcome.ts';
import { type ProgramVariables, RESULT_META } from './program.ts';
import { percentAndNote } from './progress.ts';
import type { WireProgress } from './wire.ts';

const folder = process.env.MEANWHILE_SPOOL!;
const { server, era, allowPrivateUrls } = JSON.parse(
  process.env.MEANWHILE_MCP!,
) as ProgramVariables;
// The declaration may contain secrets. The server gets only the variables that were declared for it.
delete process.env.MEANWHILE_MCP;

const cancelled = new AbortController();
const { signal } = cancelled;
process.on('SIGTERM', () => {
  // The call was not cancelled: its keeper was killed, and the next attempt continues with the task.
  if (isOrphan()) process.exit(CANCELLED);
  cancelled.abort();
  // The keeper ends a server that does not answer.
  setTimeout(() => process.exit(CANCELLED), STOP_MS).unref();
});

const isOrphan = () =>
  ['orphaned.json', 'task.json'].every((name) => existsSync(join(folder, name)));

const CANCELLED = 143;
const STOP_MS = 8_000;

/** Partial results are written in their order, and before the outcome. */
let writing: Promise<void> = Promise.resolve();
let partials = 0;

function report(progress: WireProgress): void {
  const { meta } = progress;
  if (meta && RESULT_META in meta) {
    const n = (partials += 1);
    const data = meta[RESULT_META];
    writing = writing
      .then(() => writePartial(folder, n, data))
      .then(() => console.log(reportLine({ type: 'result', n })));
    return;
  }
  const line = reportLine({ type: 'progress', ...percentAndNote(progress) });
  writing = writing.then(() => console.log(line));
}

let questions = 0;

/** @throws Unaskable, which becomes an error response to the server */
async function ask(params: unknown, asking: AbortSignal): Promise<McpAnswer> {
  const question = readQuestion(params);
  const key = `held ${(questions += 1)}`;
  writing = writing.then(() => console.log(reportLine({ type: 'asks', key, question })));
  const stopped = AbortSignal.any([asking, signal]);
  const answer = await waitForAnswer(folder, questionId(attemptIn(folder), key), stopped);
  if (answer) return answer;
  writing = writing.then(() => console.log(reportLine({ type: 'withdrawn' })));
  return { action: 'cancel' };
}

const call = (await readMcpFile(folder, 'call.json'))!;
try {
  const outcome = await performCall({
    ...call,
    token: 'call',
    signal,
    open: (onProgress) =>
      connect(server, {
        era,
        allowPrivateUrls,
        signal,
        onProgress,
        asked: ask,
        marks: { MEANWHILE_SPOOL: folder },
        timeout_ms: 60_000,
      }),
    onProgress: report,
    began: (id) => writeMcpFile(folder, 'task.json', { id }),
    withdrawn: () => writeMcpFile(folder, 'withdrawn.json', {}),
  });
  await writing;
  await writeMcpFile(folder, 'outcome.json', bounded(outcome));
  process.exitCode = 0;
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = CANCELLED;
}
if (!process.stdout.write('')) await once(process.stdout, 'drain');
process.exit();
