/**
 * A call whose tool runs next to the service: an activity with a heartbeat, from start to end. If its tool asks a person, the activity ends,
 * and another goes on from there.
 */
import {
  ActivityCancellationType,
  CancellationScope,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { believe, toolOutcome } from '../contract/believe.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { CallEnd } from '../contract/signals.ts';
import type { CallAsks, CallStart, Resumption, ToolFacts } from '../contract/call.ts';
import { receiveAnswers } from './asking.ts';
import { failureOf, invalidResult, isWorkerLost } from './failure.ts';
import { forErrands, forTools } from './queues.ts';

/** The activity ends an overlong tool itself, with a readable reason; Temporal's timeout is the safety net. */
const MARGIN_MS = 30_000;

export async function runLocal(
  start: CallStart,
  facts: ToolFacts & { kind: 'local' },
): Promise<CallEnd> {
  const answers = receiveAnswers();
  let end: CallEnd | undefined;
  /** What it waits for. */
  let asked: Resumption | undefined;
  try {
    for (let resumes: Resumption | undefined; ;) {
      const told = await runActivity({ ...start, ...(resumes && { resumes }) }, facts);
      const { why } = believe(toolOutcome, told);
      if (why !== undefined) end = { type: 'failed', error: failureOf(invalidResult(why)) };
      else if (told.type !== 'asks') end = told;
      if (end) return end;
      const asks = told as CallAsks;
      asked = { question_id: asks.question_id, details: asks.details };
      resumes = await answers.wait(asks);
      asked = undefined;
    }
  } catch (error) {
    // Temporal does not retry a cancelled activity: its worker stopped before it could confirm.
    const isLost = isWorkerLost(error) && CancellationScope.current().consideredCancelled;
    if (!isLost) throw error;
    return { type: 'cancelled' };
  } finally {
    if (asked) await tellOfStop({ ...start, resumes: { ...asked, stops: true } }, facts);
    if (facts.keeps && end?.type !== 'completed') await stopProgram(start);
  }
}

/** What the call has begun elsewhere still waits for an answer. */
async function tellOfStop(start: CallStart, facts: ToolFacts & { kind: 'local' }): Promise<void> {
  try {
    const brief = { ...facts, timeout_ms: STOP_MS };
    await CancellationScope.nonCancellable(() => runActivity(start, brief));
  } catch {
    // The call is over even so.
  }
}

const STOP_MS = 30_000;

/** Temporal does not retry a cancelled activity whose worker died: the program may still run. */
async function stopProgram(start: CallStart): Promise<void> {
  const { stopProgram: stop } = proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '2 minutes',
  });
  try {
    await CancellationScope.nonCancellable(() => stop(start));
  } catch (error) {
    // The call is over even so. The workflow's details say that its program could not be stopped.
    setCurrentDetails(`Its program may still run: ${failureOf(error).message}`);
  }
}

function runActivity(
  start: CallStart,
  { timeout_ms }: ToolFacts & { kind: 'local' },
): Promise<CallEnd | CallAsks> {
  const { runTool } = proxyActivities<Activities>({
    ...(start.tool === READ_TOOL ? forErrands() : forTools()),
    // The timeout counts per attempt, from its start: waiting for a worker takes none of a call's time.
    startToCloseTimeout: timeout_ms + MARGIN_MS,
    heartbeatTimeout: '5s',
    // The call is over when the tool has really stopped.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // Only a lost worker leads to another attempt: what a tool throws is returned as a value.
    retry: { initialInterval: '500ms', maximumInterval: '2500ms', maximumAttempts: 100 },
  });
  const summary = `${start.tool} ${JSON.stringify(start.input)}`.slice(0, 200);
  return runTool.executeWithOptions({ summary }, [start]);
}
