/** The calls that a host makes, identified by their folders. Each is made at most once, however often it is ordered. */
import { appendFile, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  claimMcpFile,
  type McpOutcome,
  type McpAnswer,
  type McpReport,
  questionId,
  readMcpFile,
  writeMcpFile,
  writeMcpFileNow,
  writePartial,
} from '../../../tools/mcp-spool.ts';
import { readQuestion } from '../elicitation.ts';
import { attemptIn, type HeldQuestion, waitForAnswer } from '../held-question.ts';
import { bounded } from '../outcome.ts';
import { RESULT_META } from '../program.ts';
import { percentAndNote } from '../progress.ts';
import type { WireProgress } from '../wire.ts';
import type { FromHost, ToHost } from './messages.ts';
import type { Upstream } from './upstream.ts';

type Order = Omit<ToHost & { kind: 'call' }, 'kind'>;

export type Send = (message: FromHost) => void;

export interface HostCalls {
  /** Makes the call, or joins it if it was made already. `send` is called with all its reports, from the first one, and with its end. */
  attach(order: Order, send: Send): void;
  /** Stops sending messages about the call, which continues. */
  leave(folder: string, send: Send): void;
  cancel(folder: string): void;
  cancelAll(): void;
  /** How many run now. */
  running(): number;
}

interface Hosted {
  reports: McpReport[];
  listeners: Set<Send>;
  stopping: AbortController;
  /** Partial results and reports are written in their order, and before the outcome. */
  writing: Promise<void>;
  partials: number;
  /** How many questions the server has asked. */
  asked: number;
  /** The open questions by id. Every listener is sent them; they are not stored. */
  questions: Map<string, HeldQuestion>;
}

/** @param host folder of this host */
export function createHostCalls(host: string, upstream: Pick<Upstream, 'perform'>): HostCalls {
  const calls = new Map<string, Hosted>();

  function publish(folder: string, call: Hosted, report: McpReport): void {
    if (call.reports.length >= MOST_REPORTS && report.type === 'progress') return;
    call.reports.push(report);
    const offset = call.reports.length;
    for (const listener of call.listeners) listener({ kind: 'report', folder, offset, report });
  }

  function takeProgress(folder: string, call: Hosted, { meta, ...progress }: WireProgress): void {
    if (meta && RESULT_META in meta) {
      const n = (call.partials += 1);
      const data = meta[RESULT_META];
      call.writing = call.writing
        .then(() => writePartial(folder, n, data))
        .then(() => note(folder, call, { type: 'result', n }));
      return;
    }
    const report = { type: 'progress', ...percentAndNote({ ...progress, meta }) } as const;
    call.writing = call.writing.then(() => note(folder, call, report));
  }

  /** @throws Unaskable, which becomes an error response to the server */
  async function ask(
    folder: string,
    call: Hosted,
    params: unknown,
    signal: AbortSignal,
  ): Promise<McpAnswer> {
    const question = readQuestion(params);
    const key = `held ${(call.asked += 1)}`;
    const id = questionId(attemptIn(folder), key);
    const report = { type: 'asks', key, question } as const;
    // Earlier reports are sent first.
    await call.writing;
    call.questions.set(id, report);
    for (const listener of call.listeners) listener(asking(folder, call, report));
    try {
      const answer = await waitForAnswer(
        folder,
        id,
        AbortSignal.any([signal, call.stopping.signal]),
      );
      if (answer) return answer;
      call.writing = call.writing.then(() => note(folder, call, { type: 'withdrawn' }));
      return { action: 'cancel' };
    } finally {
      call.questions.delete(id);
    }
  }

  async function note(folder: string, call: Hosted, report: McpReport): Promise<void> {
    await appendFile(join(folder, REPORTS), `${JSON.stringify(report)}\n`);
    publish(folder, call, report);
  }

  /** Undefined if an earlier host has begun the call and left no outcome. */
  async function make(
    { folder, label, request }: Order,
    call: Hosted,
  ): Promise<McpOutcome | undefined> {
    if (!claimMcpFile(folder, 'begun.json', { host, label })) {
      for (const report of await reportsIn(folder)) publish(folder, call, report);
      return readMcpFile(folder, 'outcome.json');
    }
    const { signal } = call.stopping;
    const outcome = await upstream
      .perform({
        ...request,
        signal,
        onProgress: (progress) => takeProgress(folder, call, progress),
        asked: (params, asking) => ask(folder, call, params, asking),
        began: (id) => writeMcpFile(folder, 'task.json', { id }),
        withdrawn: () => writeMcpFile(folder, 'withdrawn.json', {}),
      })
      .catch((error: Error): McpOutcome => {
        if (signal.aborted) return { type: 'lost', message: 'The call was cancelled.' };
        return { type: 'lost', message: error.message };
      });
    await call.writing;
    return bounded(outcome);
  }

  /** The listeners come first, since they need no file. The write is synchronous, so nothing else happens in between. */
  function finish(folder: string, call: Hosted, outcome: McpOutcome | undefined): void {
    calls.delete(folder);
    for (const send of call.listeners) send({ kind: 'over', folder, ...(outcome && { outcome }) });
    if (outcome && !existsSync(join(folder, 'outcome.json'))) {
      writeMcpFileNow(folder, 'outcome.json', outcome);
    }
  }

  const watching = setInterval(() => {
    // A call is also cancelled by a file in its folder: see stopKept.
    for (const [folder, { stopping }] of calls) {
      if (existsSync(join(folder, 'keeper.json'))) stopping.abort();
    }
  }, 1_000).unref();

  return {
    attach(order, listener) {
      const { folder } = order;
      const known = calls.get(folder);
      if (known) {
        known.listeners.add(listener);
        known.reports.forEach((report, nth) =>
          listener({ kind: 'report', folder, offset: nth + 1, report }),
        );
        for (const question of known.questions.values()) listener(asking(folder, known, question));
        return;
      }
      const call: Hosted = {
        reports: [],
        listeners: new Set([listener]),
        stopping: new AbortController(),
        writing: Promise.resolve(),
        partials: 0,
        asked: 0,
        questions: new Map(),
      };
      calls.set(folder, call);
      void make(order, call)
        .catch((error: Error) => ({ type: 'lost', message: error.message }) as const)
        .then((outcome) => finish(folder, call, outcome))
        // The outcome cannot be written if the folder was removed.
        .catch(() => {});
    },
    leave: (folder, listener) => void calls.get(folder)?.listeners.delete(listener),
    cancel: (folder) => calls.get(folder)?.stopping.abort(),
    cancelAll() {
      clearInterval(watching);
      for (const { stopping } of calls.values()) stopping.abort();
    },
    running: () => calls.size,
  };
}

/** A question is not stored as a report, so its message has the number of the last report. */
const asking = (folder: string, { reports }: Hosted, report: HeldQuestion): FromHost => ({
  kind: 'report',
  folder,
  offset: reports.length,
  report,
});

const REPORTS = 'reports.jsonl';
/** The most reports that are kept of one call. Further progress is dropped. */
const MOST_REPORTS = 50_000;

async function reportsIn(folder: string): Promise<McpReport[]> {
  const text = await readFile(join(folder, REPORTS), 'utf8').catch(() => '');
  // The last line may be incomplete.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as McpReport);
}
