/** A world around the rules in which everything takes time: the shell of a conversation, its users, the model, the tools' programs. */
import { isBusy, newConversation, type State } from '../../conversation/state.ts';
import type { Effect, Event, Untimed } from '../../conversation/event.ts';
import type { MessageSignal } from '../../contract/signals.ts';
import { LIMITS } from '../kit/story.ts';
import { type Audit, createResettableAudit } from './audit.ts';
import { createClock } from './clock.ts';
import { createModel } from './model.ts';
import { answerFor, decisionOn, isRefused } from './people.ts';
import { createPrograms } from './programs.ts';
import type { Act, Script } from './script.ts';
import { createShell, type Shell } from './shell.ts';
import { broken } from './violation.ts';

export interface RaceOutcome {
  /** Times that `decide` was called. */
  steps: number;
}

const RACE_LIMITS = { ...LIMITS, max_running: 2, max_replies_per_turn: 4 };
/** No story of ours takes as many. */
const MOST_STEPS = 3_000;
/** Between the last thing that happens and the close. */
const REST_MS = 10_000;

/**
 * Lives through a script to its end, and to the conversation's.
 * @param watch is given the audit at once, which then keeps all that happens
 * @throws Violation at the first promise that does not hold
 */
export function live(script: Script, watch?: (audit: Audit) => void): RaceOutcome {
  const clock = createClock(1_000_000);
  const limits = { ...RACE_LIMITS, ...script.initiative };
  const isReset = script.acts.some((act) => act.do === 'reset');
  const audit = createResettableAudit(limits, isReset || watch !== undefined);
  watch?.(audit);
  const model = createModel(script.answers, { clock, audit, enqueue });
  const programs = createPrograms(script.programs, { clock, audit, enqueue });
  let steps = 0;
  let said: MessageSignal | undefined;
  /** What Temporal's history has of the world outside, and how much of it each decision had heard. */
  let signals: Untimed[] = [];
  let heardBy: number[] = [];
  let shell = shellFrom(newConversation('default', limits));

  playActs(0);
  goOnForever();
  audit.atRest(shell.state, clock.now, programs.unended());
  if (!shell.state.closed && shell.state.turn.phase !== 'closing') enqueue({ type: 'close' });
  goOnForever();
  if (!shell.state.closed) throw broken('R15', 'The conversation does not close.', clock.now);
  audit.atTheEnd(programs.told());
  return { steps };

  function goOnForever(): void {
    do shell.goOn();
    while (clock.advance());
  }

  function shellFrom(state: State): Shell {
    return createShell({
      clock,
      state,
      takes() {
        const writes = script.writes[steps % script.writes.length]!;
        steps += 1;
        if (steps > MOST_STEPS) throw broken('R11', 'It never comes to rest.', clock.now);
        return writes;
      },
      decided(decided, events) {
        heardBy.push(signals.length);
        audit.decided(decided, events);
      },
      written: ({ effects }) => perform(effects),
      isSettled: () => !model.isAsked(),
    });
  }

  function perform(effects: Effect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'start_reply':
          model.ask(effect.request);
          break;
        case 'stop_reply':
          model.stop(effect.reply_id);
          break;
        case 'start_call':
          programs.start(effect.call);
          break;
        case 'cancel_call':
          programs.cancel(effect.call_id);
          break;
        case 'answer_call':
          // Programs wait for nothing here: whether the answer comes once is the audit's to see.
          break;
        case 'summarise':
        case 'stop_summary':
        case 'look_up_call':
        case 'push_news':
        case 'stop_begun':
          // Races have no budget of tokens (RACE_LIMITS), no operator, and no harness.
          throw broken('R14', `Nobody wanted this: ${effect.kind}.`, clock.now);
      }
    }
  }

  function enqueue(event: Untimed): void {
    if (!OWN.has(event.type)) signals.push(event);
    shell.enqueue(event);
  }

  function playActs(next: number): void {
    const act = script.acts[next];
    if (act) {
      clock.after(act.after, () => {
        play(act, next);
        playActs(next + 1);
      });
    } else {
      // So that what is due last does not fall together with the close.
      clock.after(REST_MS, () => {});
    }
  }

  function play(act: Act, nth: number): void {
    const { state } = shell;
    switch (act.do) {
      case 'say': {
        said = { message_id: `m${nth} ${act.wants}`, text: '', when_busy: act.when_busy };
        return say(said);
      }
      case 'say again':
        if (said) say(said);
        return;
      case 'interrupt': {
        const message = { message_id: `m${nth} chat`, text: '' };
        return enqueue({ type: 'interrupt', scope: act.scope, ...(act.says && { message }) });
      }
      case 'cancel': {
        const call = state.calls[act.call % state.calls.length];
        if (call) enqueue({ type: 'cancel_call', call_id: call.id });
        return;
      }
      case 'decide': {
        const decision = decisionOn(shell, { ...act, at: clock.now });
        if (decision) enqueue(decision);
        return;
      }
      case 'answer': {
        const answer = answerFor(shell, { ...act, at: clock.now });
        if (answer) enqueue(answer);
        return;
      }
      case 'close':
        return enqueue({ type: 'close' });
      case 'reset':
        // What is being written is part of the task that is done again.
        return reset(act.to % (heardBy.length + (shell.isWriting ? 0 : 1)));
    }
  }

  /**
   * As Temporal does it: a new run begins with the history of the first decisions. Signals that came later are in its inbox; an
   * activity that had begun is begun once more; calls are workflows of their own, and run on.
   */
  function reset(decisions: number): void {
    const kept = audit.told.slice(0, decisions);
    audit.reset(decisions);
    model.forget();
    const effects = kept.flatMap(({ decided }) => decided.effects);
    const started = effects.flatMap((e) => (e.kind === 'start_call' ? e.call.call_id : []));
    programs.forget(new Set(started));
    const state = kept.at(-1)?.decided.state ?? newConversation('default', limits);
    shell.abandon();
    shell = shellFrom(state);
    const heard = heardBy[decisions - 1] ?? 0;
    const later = signals.slice(heard);
    signals = signals.slice(0, heard);
    heardBy = heardBy.slice(0, decisions);
    const { turn } = state;
    const asked = effects.findLast(
      (e) =>
        e.kind === 'start_reply' &&
        turn.phase === 'replying' &&
        e.request.reply_id === turn.reply.id,
    );
    if (asked?.kind === 'start_reply') model.ask(asked.request);
    // An update passes its validator once more.
    for (const signal of later) if (!isRefused(shell, signal, clock.now)) enqueue(signal);
  }

  function say(message: MessageSignal): void {
    if (message.when_busy === 'reject' && isRejected(message)) return;
    if (!shell.state.closed) audit.accepted(message.message_id);
    enqueue({ type: 'message', ...message });
  }

  function isRejected({ message_id }: MessageSignal): boolean {
    const { state, inbox } = shell;
    if (state.seen.includes(message_id)) return false;
    const waiting = inbox.some(({ type }) => type === 'message');
    return waiting || isBusy(state) || state.turn.phase === 'closing';
  }
}

/** Not from outside: a reset takes them back for good. */
const OWN: ReadonlySet<Event['type']> = new Set([
  'reply_completed',
  'reply_failed',
  'summary_completed',
  'summary_failed',
  'settled',
  'tick',
]);
