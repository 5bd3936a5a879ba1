/**
 * Runs a call ahead of its workflow. The call's folder makes this safe: it records that the call has begun, so that a later attempt
 * does not begin again. Its `quick.json` has what the conversation has to learn if this process dies first.
 */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../../config.ts';
import type { CallStart } from '../../contract/call.ts';
import type { QuickCall, QuickOutcome, QuickRunner } from '../../contract/quick.ts';
import { reportOf } from '../../contract/report.ts';
import { toolOfCall } from '../../tools/catalogue.ts';
import { isRemote, type LocalTool } from '../../tools/define.ts';
import { Asks } from '../../tools/asks.ts';
import { spoolName } from '../../tools/keeper/spools.ts';
import { claimMcpFile, readMcpFile } from '../../tools/mcp-spool.ts';
import { toolFailure } from './call-failed.ts';
import { slotsOf } from './describe-tools.ts';
import { type BodyDependencies, runBody } from './run-body.ts';
import { readStanding } from './standing.ts';
import { stopAllOf } from './stop-program.ts';

export interface QuickDependencies extends Omit<
  BodyDependencies,
  'signalConversation' | 'settings'
> {
  /** Contains a folder for each call. */
  spoolRoot: string;
  /** No other host can have the call. */
  alone: boolean;
  settings: BodyDependencies['settings'] & Pick<Settings, 'MEANWHILE_MAX_RUNNING_PER_TENANT'>;
  warn(message: string, facts: object): void;
}

/** The reason with which a tool's signal aborts when a workflow takes the call over. */
class TakenOver extends Error {
  override name = 'AbortError';
}

export function createQuickRunner(dependencies: QuickDependencies): QuickRunner {
  const { catalogue, spools, spoolRoot } = dependencies;

  async function run(
    quick: QuickCall,
    { grace_ms, stop }: { grace_ms: number; stop: AbortSignal },
  ): Promise<QuickOutcome> {
    const { conversation, call } = quick;
    const tool = await toolOfCall(catalogue, call.tool);
    if (!tool || isRemote(tool) || !tool.quick) return { type: 'not_quick' };
    const slots = slotsOf(tool, dependencies.settings.MEANWHILE_MAX_RUNNING_PER_TENANT);
    if (slots || stop.aborted) return { type: 'not_quick' };
    let folder: string;
    try {
      folder = dependencies.alone
        ? spools.reserve(conversation, call.call_id)
        : await spools.open(conversation, call.call_id, stop);
    } catch {
      // Another host has the call, or the folder is gone. The call's workflow handles both.
      return { type: 'not_quick' };
    }
    try {
      const isRepeat = existsSync(join(folder, 'begun.json')) || !begin(folder, quick);
      let answer: unknown;
      const answered = (given: unknown) => void (answer = given);
      const end = await endWithin(tool, { quick, folder, grace_ms, stop, answered });
      if (!end) return { type: 'goes_on' };
      return { type: 'ended', end, isRepeat, ...(answer !== undefined && { answer }) };
    } finally {
      spools.release(conversation, call.call_id);
    }
  }

  /** Not flushed to the disk: the file matters only if this process ends and the machine runs on. */
  const begin = (folder: string, quick: QuickCall) =>
    claimMcpFile(folder, 'quick.json', quick, true);

  /** Undefined when a workflow has to take it over. */
  async function endWithin(
    tool: LocalTool,
    {
      quick: { conversation, call },
      folder,
      grace_ms,
      stop,
      answered,
    }: {
      quick: QuickCall;
      folder: string;
      grace_ms: number;
      stop: AbortSignal;
      answered(answer: unknown): void;
    },
  ) {
    const start: CallStart = { ...call, conversation };
    const stopping = new AbortController();
    const takeOver = () => stopping.abort(new TakenOver('A workflow takes the call over.'));
    const timer = setTimeout(takeOver, grace_ms);
    stop.addEventListener('abort', takeOver, { once: true });
    const warn = (message: string, error?: unknown) =>
      dependencies.warn(message, { call_id: call.call_id, tool: call.tool, error });
    try {
      return await runBody(
        {
          ...dependencies,
          spools: { ...spools, open: async () => folder },
          // Only a workflow reports results, from the first one on. Progress of a short call is not worth reporting.
          signalConversation: async (_, { event }) => {
            if (event === 'result') takeOver();
          },
        },
        {
          start,
          tool,
          from: readStanding(undefined, reportOf(call.report, tool.report), Date.now()),
        },
        {
          signal: stopping.signal,
          handsOver: () => true,
          answered,
          confirm: async () => {},
          moved() {},
          yielded() {},
          returned() {},
          warn,
        },
      );
    } catch (error) {
      if (error === stopping.signal.reason || error instanceof Asks) return undefined;
      return { type: 'failed', error: toolFailure(error) } as const;
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', takeOver);
    }
  }

  return {
    run,
    stop: ({ conversation, call }) =>
      stopAllOf(dependencies, { ...call, conversation }, AbortSignal.timeout(LONGEST_STOP_MS)),
    recorded: ({ conversation, call }) =>
      rm(join(spoolRoot, spoolName(conversation, call.call_id), 'quick.json'), { force: true }),
    async unrecorded() {
      const names = await readdir(spoolRoot).catch(() => []);
      const read = (name: string) =>
        readMcpFile(join(spoolRoot, name), 'quick.json').catch(() => undefined);
      return (await Promise.all(names.map(read))).filter((quick) => quick !== undefined);
    },
  };
}

/** A program is killed if it does not end by itself. */
const LONGEST_STOP_MS = 60_000;
