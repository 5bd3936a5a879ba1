/** Before a tool begins: checks whether this process holds the call, and whether the tool may run or resume. */
import { reportOf } from '../../contract/report.ts';
import type { CallEnd } from '../../contract/signals.ts';
import type { CallStart } from '../../contract/call.ts';
import type { CallBody, Hold } from '../../store/hold-store.ts';
import { type Catalogue, toolOfCall } from '../../tools/catalogue.ts';
import { isRemote, type LocalTool } from '../../tools/define.ts';
import type { Attempt } from './attempt.ts';
import { CallFailed } from './call-failed.ts';
import type { CallServer } from './call-server.ts';
import { factsOf } from './describe-tools.ts';
import type { Holder } from './holder.ts';
import { retryWithBackoff } from '../retry-with-backoff.ts';
import { findTool } from './run-body.ts';
import { carried, readStanding, type Standing } from './standing.ts';

export type Opened =
  /** This process holds the call, whose tool never ran or has to resume. */
  | { kind: 'mine'; tool: LocalTool; from: Standing }
  /** The tool has ended, and the store does not know yet. */
  | { kind: 'unwritten'; end: CallEnd; from: Standing }
  /** The call has already ended. */
  | { kind: 'ended'; end: CallEnd }
  /** Another process runs the call, or Temporal has started another attempt. */
  | { kind: 'elsewhere' };

export interface Opening {
  catalogue: Catalogue;
  holder: Holder;
  server: Pick<CallServer, 'stateOf' | 'lastBeat'>;
  start: CallStart;
  /** The latest attempt. */
  attempt(): Attempt;
  signal: AbortSignal;
  /** The progress in this process when it lost the hold of the turn before. Undefined if it had no such hold. */
  lost(turn: number): Standing | undefined;
  /** Called with the hold as soon as there is one. Resolves when it is certain. */
  held(hold: Hold, facts: { run: string; repeatable: boolean }): Promise<void>;
  /** Called when the attempt was cancelled. Aborts the signal. */
  cancel(): void;
}

/** @throws CallFailed for a call that must not go on; this process then holds the call. The signal's reason */
export async function openCall(opening: Opening): Promise<Opened> {
  const { catalogue, holder, server, start, attempt, signal } = opening;
  const name = { tenant: start.conversation.tenant, call_id: start.call_id };
  const ask = <T>(question: () => Promise<T>) => retryWithBackoff(question, signal, () => {});
  const found = await toolOfCall(catalogue, start.tool);
  const body: CallBody = found && !isRemote(found) && found.keeps ? 'program' : 'function';
  const { number, run } = attempt();
  // An attempt that is over does not take the call. So the process that ran the tool still knows that no other one has.
  if (isLate(attempt()) && (await isOver(ask, server, attempt()))) return { kind: 'elsewhere' };
  const held = await holder.hold(name, { run, body, attempt: number }, signal);
  if (held.outcome === 'elsewhere') return { kind: 'elsewhere' };
  if (held.outcome === 'ended') return { kind: 'ended', end: held.end ?? forgotten() };

  const local = found && !isRemote(found) ? found : undefined;
  const restart = local ? factsOf(local).restart : 'fail';
  await opening.held({ holder: held.by, turn: held.turn }, { run, repeatable: restart !== 'fail' });
  const known = opening.lost(held.turn);
  // While this attempt waited for the call, its holder may have sent further heartbeats.
  const last =
    held.outcome === 'taken' && !known ? await ask(() => server.lastBeat(name)) : undefined;
  const { token, details: given } = attempt();
  const details = last ?? given ?? start.resumes?.details;
  const report = reportOf(start.report, local?.report);
  const from = known ?? readStanding(details, report, Date.now());
  const { untold } = from;
  if (untold?.kind === 'ended') return { kind: 'unwritten', end: untold.end, from };
  const tool = findTool(found, start.tool);
  const hasBegun = known !== undefined || details !== undefined;
  // If the tool began before the store recorded holds, only the heartbeat shows its progress.
  const isNew = held.outcome === 'fresh' && !hasBegun;
  if (!isNew) {
    if (held.outcome === 'taken') refuseChanged(tool, held.body, body);
    if (restart === 'fail' && untold?.kind !== 'returned') throw workerLost(tool);
    if (held.outcome === 'taken' && held.run !== run && !hasBegun) refuseReset(tool, restart);
  }
  // A process that was paused begins an attempt late: there may be later ones, or the call is over.
  if (!isNew || isLate(attempt())) {
    const state = await ask(() => server.stateOf(token, known ? carried(known) : details));
    if (state === 'not_current') return { kind: 'elsewhere' };
    if (state === 'cancelled') opening.cancel();
    signal.throwIfAborted();
  }
  return { kind: 'mine', tool, from };
}

/** Whether Temporal has given up on an attempt that came late. */
async function isOver(
  ask: <T>(question: () => Promise<T>) => Promise<T>,
  server: Pick<CallServer, 'stateOf'>,
  { token, details }: Attempt,
): Promise<boolean> {
  return (await ask(() => server.stateOf(token, details))) === 'not_current';
}

/** Where clocks differ, Temporal is asked more often than necessary. */
const isLate = ({ scheduled_at }: Attempt) => Math.abs(Date.now() - scheduled_at) > PROMPT_MS;

/** Asking about an attempt costs a request, so it is spared up to this age. Less than any timeout after which Temporal gives up. */
const PROMPT_MS = 1_000;

function workerLost({ name }: LocalTool): CallFailed {
  return new CallFailed(
    'WorkerLost',
    `The worker that ran ${name} stopped before ${name} ended. It was not restarted; how far it got is unknown.`,
  );
}

/** The tool that would run now cannot resume what ran before. The call's workflow ends the program. */
function refuseChanged({ name }: LocalTool, before: CallBody, now: CallBody): void {
  if (before === now) return;
  const what =
    before === 'program'
      ? `${name} was a program when this call began and no longer is. The program was stopped`
      : `${name} was not a program when this call began and now is. It was stopped`;
  throw new CallFailed(
    'ToolChanged',
    `${what} and nothing was restarted; how far it got is unknown.`,
  );
}

/** A workflow that was reset does not know what its tool has done. Only a tool that reattaches to its program can go on. */
function refuseReset({ name }: LocalTool, restart: string): void {
  if (restart === 'reattach') return;
  throw new CallFailed(
    'CallReset',
    `An operator reset the call after ${name} had begun. It was not restarted; how far it got is unknown.`,
  );
}

const forgotten = (): CallEnd => ({
  type: 'failed',
  error: {
    type: 'CallReset',
    message: 'An operator reset the call long after it had ended. It was not run again.',
  },
});
