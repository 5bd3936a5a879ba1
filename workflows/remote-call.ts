/**
 * A call of a tool that another team's service runs: the call is announced, and then pushes arrive as signals, for days if
 * necessary. conversation/pushes.ts decides what each push means.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { validate, callPush } from '../contract/untrusted.ts';
import { CALL_SIGNALS, SIGNALS } from '../contract/names.ts';
import type { CallEnd, CallPush } from '../contract/signals.ts';
import type { CallStart } from '../contract/call.ts';
import {
  endIfOverdue,
  hearPush,
  newPushes,
  overdueAt,
  type RemoteFacts,
} from '../conversation/pushes.ts';
import type { CallWorkflow, CarriedCall } from './arguments.ts';
import { forErrands } from './queues.ts';
import { CHECKED } from './receive-signals.ts';
import { signalConversation } from './signal-conversation.ts';

const pushed = defineSignal<[CallPush]>(CALL_SIGNALS.push);

export interface RemoteEnd {
  end: CallEnd;
  /** True when the service has to be told that the call is no longer wanted. */
  withdraw?: boolean;
}

/** @param carried undefined when the call has not been announced */
export async function runRemote(
  start: CallStart,
  facts: RemoteFacts,
  carried?: CarriedCall,
): Promise<RemoteEnd> {
  let pushes = carried?.pushes ?? newPushes(start, facts, Date.now());
  const inbox = [...(carried?.inbox ?? [])];
  setHandler(pushed, (push) => {
    const { value, why } = validate(callPush, push);
    if (why === undefined) inbox.push(value);
    else if (!patched(CHECKED)) inbox.push(push);
    else setCurrentDetails(`A push was dropped. ${why}`);
  });
  const alarm = createAlarm();
  let known = carried !== undefined;
  try {
    if (!carried) {
      if (CancellationScope.current().consideredCancelled) return { end: { type: 'cancelled' } };
      known = true;
      await announce(start, pushes.began_at + facts.timeout_ms, () => inbox.length > 0);
      pushes = { ...pushes, heard_at: Date.now() };
    }
    for (;;) {
      if (isLong()) await continueAsNew<CallWorkflow>(start, { facts, pushes, inbox });
      const at = { start, facts, now: Date.now() };
      const push = inbox.shift();
      if (push) {
        const heard = hearPush(pushes, push, at);
        ({ pushes } = heard);
        const { event } = heard;
        if (event && !(await signalConversation(start.conversation, SIGNALS.callEvent, event))) {
          return { end: { type: 'cancelled' }, withdraw: true };
        }
        if (heard.end) return { end: heard.end, withdraw: heard.withdraw };
      } else {
        const late = endIfOverdue(pushes, at);
        if (late?.end) return { end: late.end, withdraw: late.withdraw };
        alarm.set(overdueAt(pushes, facts));
        await condition(() => inbox.length > 0 || alarm.rings());
      }
    }
  } catch (error) {
    if (isCancellation(error)) return { end: { type: 'cancelled' }, withdraw: known };
    throw error;
  }
}

/** Best effort: a service that cannot be reached finds out when it pushes. */
export async function withdraw(start: CallStart, end: CallEnd): Promise<void> {
  const reason = end.type === 'failed' ? end.error.message : 'The call was cancelled.';
  try {
    await withdrawing().withdrawCall({ start, at: Date.now(), reason });
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

const ATTEMPT = '20s';
const LONGEST_PAUSE = '30s';

const announcing = () =>
  proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: ATTEMPT,
    scheduleToCloseTimeout: '10m',
    retry: { initialInterval: '500ms', maximumInterval: LONGEST_PAUSE },
  });

const withdrawing = () =>
  proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: ATTEMPT,
    scheduleToCloseTimeout: '2m',
    retry: { initialInterval: '1s', maximumInterval: LONGEST_PAUSE },
  });

/** Announces the call. A service that has begun to push knows of it, even if its answer did not arrive. */
async function announce(
  start: CallStart,
  expires_at: number,
  isAnswered: () => boolean,
): Promise<void> {
  const scope = new CancellationScope();
  const { announceCall } = announcing();
  const announced = scope.run(() => announceCall({ start, at: Date.now(), expires_at }));
  try {
    await Promise.race([announced, condition(isAnswered)]);
  } catch (error) {
    throw lastAttempt(error);
  }
  scope.cancel();
}

/** When the time for attempts has run out, the error of the last attempt says more than the timeout. */
function lastAttempt(error: unknown): unknown {
  let cause = error instanceof ActivityFailure ? error.cause : undefined;
  while (cause && !(cause instanceof ApplicationFailure)) cause = cause.cause as Error | undefined;
  return cause ?? error;
}

interface Alarm {
  set(at: number): void;
  rings(): boolean;
}

/** One timer for a deadline that only moves later: a timer for each push would cost two history events. */
function createAlarm(): Alarm {
  let due: number | undefined;
  return {
    set(at) {
      if (due !== undefined) return;
      due = at;
      // A timeout of 0 would mean no timeout. A cancellation ends the whole call.
      void sleep(Math.max(1, at - Date.now())).then(
        () => (due = undefined),
        () => {},
      );
    },
    rings: () => due === undefined,
  };
}

const MAX_HISTORY_EVENTS = 1_000;

function isLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength >= MAX_HISTORY_EVENTS;
}
