/**
 * A conversation, for as long as it lasts: a thin shell around the rules. Signals go into an inbox; the rules decide; the
 * decision is written to the log, or rides on the reply it starts (write.ts); then its effects are carried out.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineUpdate,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { UPDATES } from '../contract/names.ts';
import {
  answerCall as answer,
  validate,
  decideCall as decision,
  messageSignal,
} from '../contract/untrusted.ts';
import type { Shape } from '../contract/shape.ts';
import type * as Signals from '../contract/signals.ts';
import { refuseDecision } from '../conversation/approvals.ts';
import { afterHearing, decide } from '../conversation/decide.ts';
import type { Event, Untimed } from '../conversation/event.ts';
import { wakeAt } from '../conversation/next.ts';
import { refuseAnswer } from '../conversation/questions.ts';
import { withoutPush } from '../conversation/push-news.ts';
import { isBusy, newConversation, type State } from '../conversation/state.ts';
import type { Carried } from './arguments.ts';
import { restored, startOf } from './carried.ts';
import { createEffects } from './effects.ts';
import { receiveSignals } from './receive-signals.ts';
import { noticeReset } from './notice-reset.ts';
import { detailsOf, showStatus, waitsFor } from './visible.ts';
import { createLog } from './write.ts';

const decideCall = defineUpdate<void, [Signals.DecideCall]>(UPDATES.decideCall);
const answerCall = defineUpdate<void, [Signals.AnswerCall]>(UPDATES.answerCall);
const messageIfIdle = defineUpdate<void, [Signals.MessageSignal]>(UPDATES.messageIfIdle);

/** Patch: conversations that began before the calls of a harness were remembered continue as they did. */
const REMEMBERED = 'requested calls are remembered';

function firstRun({ agent, limits, replies, pushes }: Signals.ConversationStart): Carried {
  const state = newConversation(agent, limits, replies, pushes !== undefined);
  if (replies && !patched(REMEMBERED)) delete state.requested;
  return { run: 0, state, inbox: [], unwritten: [] };
}

export async function conversation(
  given: Signals.ConversationStart,
  carried?: Carried,
): Promise<void> {
  const start = startOf(given);
  // A cancellation through Temporal closes the conversation in order, as a user's request does.
  const cancelled = CancellationScope.current().cancelRequested;
  await CancellationScope.nonCancellable(() =>
    converse(start, carried === undefined ? firstRun(start) : restored(carried), cancelled),
  );
}

async function converse(
  start: Signals.ConversationStart,
  carried: Carried,
  cancelled: Promise<never>,
): Promise<void> {
  const { run } = carried;
  const { max_history_events: softSize } = start.limits;
  let { inbox } = carried;
  // A push of the run before has ended with it.
  let state = withoutPush(carried.state);
  let nextTry = 0;
  const enqueue = (event: Untimed) => void inbox.push({ ...event, at: Date.now() });
  const log = createLog(start.conversation, run, carried.unwritten);
  const effects = createEffects(start, enqueue, {
    isWritten: log.isWritten,
    /** As far as the events that have arrived say. */
    isStillRunning: (id) =>
      state.calls.some((call) => call.id === id && call.status === 'running') &&
      !inbox.some((event) => event.type === 'call_ended' && event.call_id === id),
  });

  receiveSignals(enqueue);
  cancelled.catch(() => enqueue({ type: 'close', operator: true }));
  setHandler(decideCall, (update) => enqueue({ type: 'decide_call', ...update }), {
    validator: (update: Signals.DecideCall) =>
      refuseIf(refuseDecision(withInbox(state, inbox), orRefuse(decision, update))),
  });
  setHandler(answerCall, (update) => enqueue({ type: 'answer_call', ...update }), {
    validator: (update: Signals.AnswerCall) =>
      refuseIf(refuseAnswer(withInbox(state, inbox), orRefuse(answer, update))),
  });
  setHandler(
    messageIfIdle,
    (signal) => enqueue({ type: 'message', ...signal, when_busy: 'reject' }),
    {
      validator: (update: Signals.MessageSignal) =>
        refuseIfBusy(orRefuse(messageSignal, update).message_id, state, inbox),
    },
  );
  noticeReset(start.conversation);

  while (!state.closed) {
    const found = await waitForWork();
    const events = inbox.length > 0 ? inbox : [{ type: 'tick', at: Date.now() } as const];
    const decided = decide(state, ...events);
    // Nothing is written in the task that continues as new: the server refuses that command while a signal waits, and the
    // task is then decided again. So the next run hears, decides and writes these events itself.
    if (found === 'quiet' || (isTooLong(softSize) && effects.pendingAfter(decided.effects) === 0)) {
      const unwritten = log.unwritten();
      await continueAsNew<typeof conversation>(start, { run: run + 1, state, inbox, unwritten });
    }
    const before = state;
    inbox = [];
    ({ state } = decided);
    const written = await log.writeNowOrWithReply(decided, events.some(isUpdate));
    if (written.closed) return effects.cancelCalls(before.calls);
    if (written.reset) enqueue({ type: 'reset', ...written.reset });
    if (state.closed && inbox.length > 0) {
      // Accepted while the end was being written: the end is written again, after it.
      state = before;
      inbox = [...events, ...inbox];
      continue;
    }
    setCurrentDetails(detailsOf(state));
    showStatus(state);
    for (const effect of decided.effects) effects.perform(effect, written);
  }

  /** `quiet`: no event has come for a second, and this run is long enough to continue as new. */
  async function waitForWork(): Promise<'work' | 'quiet'> {
    const heard = () => inbox.length > 0;
    if (state.turn.phase === 'closing') {
      await condition(() => heard() || effects.pendingAfter([]) === 0);
      if (!heard()) enqueue({ type: 'settled' });
      return 'work';
    }
    const due = wakeAt(state);
    // A timeout of 0 would mean no timeout.
    const rest = due === undefined ? Infinity : Math.max(1, due - Date.now());
    // Something due in days must not keep a long run alive: the next run waits for the remainder.
    if (rest > QUIET_MS && isLong(softSize, nextTry) && effects.pendingAfter([]) === 0) {
      const isHeard = await condition(heard, QUIET_MS, { summary: QUIET });
      // In a busy conversation, a timer on every turn would make each turn cost more.
      nextTry = workflowInfo().historyLength + softSize / 20;
      return isHeard ? 'work' : 'quiet';
    }
    if (due === undefined) await condition(heard);
    else await condition(heard, rest, { summary: waitsFor(state) });
    return 'work';
  }
}

/** Whether an update brought the event, and not a signal. */
const isUpdate = (event: Event) =>
  event.type === 'decide_call' ||
  event.type === 'answer_call' ||
  (event.type === 'message' && event.when_busy === 'reject');

const QUIET_MS = 1_000;
const QUIET = 'a quiet moment to continue as new';

/** Long messages make a history large before it is long: it holds each twice, as a signal and as input of the write to the log. */
const SOFT_BYTES = 2_000_000;
/** With what may arrive until a reply is over, the history stays below 4 MB. */
const HARD_BYTES = 3_000_000;

function isLong(softSize: number, atLeast: number): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  if (historyLength < atLeast) return false;
  return historyLength >= softSize || historySize >= SOFT_BYTES || continueAsNewSuggested;
}

/** If true, the run does not wait for a quiet moment. */
function isTooLong(softSize: number): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength >= 2 * softSize || historySize >= HARD_BYTES;
}

/** R2, `reject`: only the workflow knows whether the conversation is busy. A repeat was accepted before (R8). */
function refuseIfBusy(messageId: string, state: State, inbox: Event[]): void {
  if (state.seen.includes(messageId)) return;
  const waiting = inbox.some(({ type }) => type === 'message');
  if (waiting || isBusy(state) || state.turn.phase === 'closing')
    throw new Error('The conversation is busy.');
}

/** Refuses an update that does not fit its schema. */
function orRefuse<T>(shape: Shape<T>, update: unknown): T {
  const checked = validate(shape, update);
  if (checked.why === undefined) return checked.value;
  throw ApplicationFailure.nonRetryable(checked.why, 'InvalidUpdate');
}

/** The state that an update meets. The events in the inbox come first: they may decide the call, cancel it or make the update too late. */
const withInbox = (state: State, inbox: Event[]): State =>
  afterHearing(state, [...inbox, { type: 'tick', at: Date.now() }]);

function refuseIf(refusal: { type: string; message: string } | undefined): void {
  if (refusal) throw ApplicationFailure.nonRetryable(refusal.message, refusal.type);
}
