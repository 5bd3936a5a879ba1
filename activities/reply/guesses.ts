/**
 * Speculative start (docs/decisions/0046-speculative-start.md): while a message is on its way to its conversation, the model is
 * asked for the reply that the message will most likely start. Nothing is shown, stored or run from such a guess. The reply's
 * activity builds its own request as always, and takes over the guessed answer only if it would have asked exactly the same.
 */
import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { Entry, Usage } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { type ConversationKey, conversationWorkflowId } from '../../contract/names.ts';
import type { ReplyRequest } from '../../contract/reply.ts';
import type { MessageSignal } from '../../contract/signals.ts';
import type { ModelClient, ModelRequest } from '../../model/message.ts';
import { estimate } from '../../model/usage.ts';
import type { Store } from '../../store/store.ts';
import { prepareAsking, type AskingDependencies } from './asking.ts';
import { askEarly, type EarlyAnswer } from './early-answer.ts';
import { type KnownLogs, lastOf } from '../log/known-logs.ts';
import { readLog } from './read-log.ts';
import { spend } from './tenant-tokens.ts';
import { createTrust } from './trust.ts';
import type { Measured } from './window-size.ts';

export interface GuessesDependencies extends AskingDependencies {
  store: AskingDependencies['store'] & Pick<Store, 'conversation' | 'spendTokens'>;
  model: ModelClient;
  /** Logs that need not be read from the store. Default: none. */
  logs?: KnownLogs;
  /** Called with the outcome of each guess for which the model was asked. `wasted_tokens`: an estimate, 0 if it was adopted. */
  outcome?(outcome: 'adopted' | 'refused', wasted_tokens: number): void;
  clock?: { now(): number; after(ms: number, work: () => void): () => void };
  /** The share of time that this thread is busy, from 0 to 1. */
  load?(): number;
}

export interface Guesses {
  /**
   * Asks the model early, if the message finds its conversation idle, with no open call, and a reply of this process came before
   * it. Returns at once and never fails.
   * @returns a function that drops the guess, for a message that was not accepted
   */
  guess(this: void, conversation: ConversationKey, message: MessageSignal): () => void;
  /** Remembers what the next guess starts from. */
  learn(request: ReplyRequest, size: { measured?: Measured | undefined }): void;
  /**
   * Uses up the guess.
   * @returns the answer if this request was guessed; `refused` if another one was; undefined if the model was not asked early
   */
  adopt(conversation: ConversationKey, request: ModelRequest): EarlyAnswer | 'refused' | undefined;
}

interface Guess {
  /** Absent while the request is being prepared. */
  asked?: { request: ModelRequest; answer: EarlyAnswer };
  isDropped: boolean;
  forget(): void;
}

type Known = Pick<ReplyRequest, 'agent' | 'from' | 'summary' | 'attempts'> & {
  /** Seq of its reply.started entry. */
  started: number;
  isNearBudget: boolean;
};

export function createGuesses(dependencies: GuessesDependencies): Guesses {
  const {
    store,
    model,
    logs,
    outcome = () => {},
    clock = realClock,
    load = threadLoad(),
  } = dependencies;
  const known = new Map<string, Known>();
  const guesses = new Map<string, Guess>();
  const trust = createTrust(clock.now);

  async function ask(guess: Guess, conversation: ConversationKey, message: MessageSignal) {
    const before = known.get(conversationWorkflowId(conversation));
    if (!before || before.isNearBudget) return;
    const { head, last } = await endOf(conversation);
    if (guess.isDropped || head?.status !== 'idle' || head.calls.some(isOpen)) return;
    const { window } = readLog(store, logs, { from: before.from, base: last + 1 });
    // News that waits, such as news held back at a limit, would be reported in the answer.
    const range = { from: before.started + 1, to: last };
    if (!(await window(conversation, range)).every(({ kind }) => QUIET.has(kind))) return;
    const { request } = await prepareAsking(
      { ...dependencies, store: { window, progress: store.progress } },
      expected(conversation, before, message, last),
    );
    if (guess.isDropped) return;
    guess.asked = { request, answer: askEarly(model, request) };
  }

  async function endOf(conversation: ConversationKey): Promise<{ head?: Head; last: number }> {
    const known = logs?.find(conversation);
    if (known) return { head: known.head, last: lastOf(known) };
    const head = await store.conversation(conversation);
    return { ...(head && { head }), last: head?.last_seq ?? 0 };
  }

  function refuse({ tenant, id }: ConversationKey, { request, answer }: Required<Guess>['asked']) {
    answer.abort(new Error('The guess was not adopted.'));
    trust.refused(tenant);
    const charge = async () => {
      const usage: Usage = await estimate(request, { words: answer.words() });
      outcome('refused', usage.input_tokens + usage.output_tokens);
      await spend(store, { tenant, id }, usage);
    };
    // Nothing waits for the cost of a guess. If it cannot be counted, it is not.
    charge().catch(() => {});
  }

  function drop(conversation: ConversationKey, guess: Guess): void {
    if (guess.isDropped) return;
    guess.isDropped = true;
    guess.forget();
    if (guess.asked) refuse(conversation, guess.asked);
  }

  return {
    guess(conversation, message) {
      const key = conversationWorkflowId(conversation);
      // When two messages come at once, the first may still get a reply of its own.
      if (
        guesses.has(key) ||
        !known.has(key) ||
        !trust.allows(conversation.tenant) ||
        load() > FULL
      ) {
        return () => {};
      }
      const stopWaiting = clock.after(KEPT_MS, () => drop(conversation, guess));
      const guess: Guess = {
        isDropped: false,
        forget() {
          stopWaiting();
          if (guesses.get(key) === guess) guesses.delete(key);
        },
      };
      guesses.set(key, guess);
      // The reply will meet the same error, and report it.
      ask(guess, conversation, message).catch(() => {});
      return () => drop(conversation, guess);
    },

    learn({ conversation, agent, from, to, summary, attempts, most_tokens }, { measured }) {
      const key = conversationWorkflowId(conversation);
      known.delete(key);
      known.set(key, {
        ...{ agent, from, attempts, started: to },
        ...(summary !== undefined && { summary }),
        // A window that has to be shortened, or is about to be summarised, cannot be predicted.
        isNearBudget:
          most_tokens !== undefined && (measured?.tokens ?? Infinity) > NEAR * most_tokens,
      });
      if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!);
    },

    adopt(conversation, request) {
      const guess = guesses.get(conversationWorkflowId(conversation));
      if (!guess) return undefined;
      const { asked } = guess;
      if (!asked || !isDeepStrictEqual(asked.request, request)) {
        drop(conversation, guess);
        return asked && 'refused';
      }
      guess.isDropped = true;
      guess.forget();
      trust.adopted(conversation.tenant);
      outcome('adopted', 0);
      return asked.answer;
    },
  };
}

/** The reply that the rules start when a message finds its conversation idle. */
function expected(
  conversation: ConversationKey,
  { isNearBudget: _, started: __, ...before }: Known,
  { message_id, text, when_busy = 'interrupt', author = 'user' }: MessageSignal,
  last: number,
): ReplyRequest {
  const at = new Date().toISOString();
  const reply_id = 'reply_0';
  const entries: Entry[] = [
    {
      ...{ seq: last + 1, at, kind: 'message.user', actor: { type: 'user', id: author } },
      ...{ cause: [], message_id, text, when_busy },
    },
    {
      ...{ seq: last + 2, at, kind: 'reply.started', actor: { type: 'agent', id: before.agent } },
      ...{ cause: [last + 1], reply_id, because: 'message', reason: 'a message' },
    },
  ];
  return {
    ...before,
    conversation,
    reply_id,
    to: last + 2,
    because: 'message',
    news: [],
    calls: [],
    batch: {
      conversation,
      fence: { run: 0, length: 0, at: 0 },
      base: last + 1,
      entries,
      head: { status: 'replying', calls: [], usage: { input_tokens: 0, output_tokens: 0 } },
    },
  };
}

/** The entries that may follow a reply that left no news unreported. */
const QUIET: ReadonlySet<Entry['kind']> = new Set([
  'reply.completed',
  'receipt',
  'summary',
  'summary.failed',
]);

const OPEN = new Set(['requested', 'awaiting_approval', 'queued', 'running']);
const isOpen = ({ status }: { status: string }) => OPEN.has(status);

/** A reply begins within a fraction of a second, or something is wrong. */
const KEPT_MS = 10_000;
const MOST_KNOWN = 10_000;
/** Share of the budget from which on a window may be cut or summarised. */
const NEAR = 0.7;
/** A thread that is this busy has no time for requests that may be wasted. */
const FULL = 0.85;

const realClock: Required<GuessesDependencies>['clock'] = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Measures over the last second or more. */
function threadLoad(): () => number {
  let since = performance.eventLoopUtilization();
  let at = performance.now();
  let latest = 0;
  return () => {
    if (performance.now() - at < 1_000) return latest;
    latest = performance.eventLoopUtilization(since).utilization;
    since = performance.eventLoopUtilization();
    at = performance.now();
    return latest;
  };
}
