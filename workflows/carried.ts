/** Checks the arguments of a workflow. They may come from another version, or from any client of Temporal. */
import { ApplicationFailure } from '@temporalio/workflow';
import { validate } from '../contract/untrusted.ts';
import {
  boolean,
  list,
  looseObject,
  Misfit,
  number,
  oneOf,
  type Shape,
  text,
  whole,
} from '../contract/shape.ts';
import type { ConversationStart } from '../contract/signals.ts';
import type { CallStart } from '../contract/call.ts';
import type { Event } from '../conversation/event.ts';
import type { TurnState } from '../conversation/state.ts';
import type { Carried } from './arguments.ts';

const key = looseObject({ tenant: text(), id: text() });
const conversationStart = looseObject({
  conversation: key,
  agent: text(),
  limits: looseObject({ max_history_events: number() }),
});
const callStart = looseObject({ conversation: key, call_id: text(), tool: text() });

/** @throws ApplicationFailure, not retryable: the argument cannot start a conversation */
export const startOf = (given: unknown) =>
  argument(conversationStart, given) as unknown as ConversationStart;
export const callStartOf = (given: unknown) => argument(callStart, given) as unknown as CallStart;

function argument<T>(shape: Shape<T>, given: unknown): T {
  const { value, why } = validate(shape, given);
  if (why === undefined) return value;
  throw ApplicationFailure.nonRetryable(
    `The argument of the workflow is invalid. ${why}`,
    'InvalidStart',
  );
}

const PHASES = { idle: 0, replying: 0, settling: 0, grace: 0, closing: 0 } satisfies Record<
  TurnState['phase'],
  0
>;
const EVENTS = {
  message: 0,
  interrupt: 0,
  cancel_call: 0,
  decide_call: 0,
  answer_call: 0,
  close: 0,
  settled: 0,
  call_event: 0,
  call_ended: 0,
  reply_completed: 0,
  reply_failed: 0,
  summary_completed: 0,
  summary_failed: 0,
  reset: 0,
  request_call: 0,
  record_calls: 0,
  deliver: 0,
  news_pushed: 0,
  acknowledge: 0,
  signal_dropped: 0,
  tick: 0,
} satisfies Record<Event['type'], 0>;

const some = list(looseObject({}));
const NONE = {
  unanswered: [],
  news: [],
  ended: [],
  early_cancels: [],
  seen: [],
  hushed: false,
};

/** The fields that every version has. Those that older versions lack are filled in. */
const state = looseObject(
  {
    seq: whole(0),
    closed: boolean,
    replies: whole(0),
    turn: looseObject({ phase: oneOf(...Object.keys(PHASES)) }),
    unanswered: some,
    news: some,
    calls: list(looseObject({ id: text(), status: text() })),
    ended: some,
    early_cancels: some,
    seen: list(text()),
    hushed: boolean,
    usage: looseObject({ input_tokens: number(), output_tokens: number() }),
  },
  NONE,
);
const carried = looseObject(
  {
    run: whole(0),
    state,
    inbox: list(looseObject({ type: oneOf(...Object.keys(EVENTS)), at: number() })),
    unwritten: some,
  },
  { inbox: [], unwritten: [] },
);

/**
 * Checks what the previous run hands over.
 * @throws Error if this version cannot read it. It fails the task, not the conversation: a worker of the other version can go on.
 */
export function restored(given: unknown): Carried {
  try {
    return carried(given, '') as unknown as Carried;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new Error(
      `This version cannot continue with the state that the previous run handed over: ${error.message} Start a worker of the version that wrote it.`,
      { cause: error },
    );
  }
}
