/**
 * A call whose tool runs in a worker: an activity with a heartbeat, from start to end. If its tool asks a person, the activity
 * ends, and another one resumes the tool with the answer.
 */
import { ActivityCancellationType, CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { validate, toolOutcome } from '../contract/untrusted.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { CallEnd } from '../contract/signals.ts';
import type { CallAsks, CallStart, Resumption, ToolFacts } from '../contract/call.ts';
import { receiveAnswers } from './asking.ts';
import { failureOf, invalidResult, isWorkerLost } from './failure.ts';
import { forErrands, forTools } from './queues.ts';
import { stopProgram } from './stop-program.ts';

/** The activity itself stops a tool that runs too long, with a readable reason. Temporal's timeout is the safety net. */
const MARGIN_MS = 30_000;

export async function runLocal(
  start: CallStart,
  facts: ToolFacts & { kind: 'local' },
): Promise<CallEnd> {
  const answers = receiveAnswers();
  let end: CallEnd | undefined;
  /** The question that the call waits for. */
  let asked: Resumption | undefined;
  try {
    for (let resumes: Resumption | undefined; ;) {
      const told = await runActivity({ ...start, ...(resumes && { resumes }) }, facts);
      const { why } = validate(toolOutcome, told);
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
    if (asked) await reportStop({ ...start, resumes: { ...asked, stops: true } }, facts);
    // Temporal does not retry a cancelled activity whose worker crashed: the program may still run.
    if (facts.keeps && end?.type !== 'completed') await stopProgram(start);
  }
}

/** Lets the tool end what it began elsewhere, which still waits for the answer. */
async function reportStop(start: CallStart, facts: ToolFacts & { kind: 'local' }): Promise<void> {
  try {
    const brief = { ...facts, timeout_ms: STOP_MS };
    await CancellationScope.nonCancellable(() => runActivity(start, brief));
  } catch {
    // The call is over even so.
  }
}

const STOP_MS = 30_000;

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
