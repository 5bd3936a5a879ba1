/** Validates what reaches a workflow: any client of Temporal can send it anything. */
import type { Attached, Failure, Schedule, Usage, WhenBusy } from './entry.ts';
import { whyRefused } from './json-value.ts';
import {
  anything,
  fields,
  either,
  id,
  list,
  looseObject,
  Misfit,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
  whole,
} from './shape.ts';
import type { CallAsks } from './call.ts';
import type { GivenAnswer, Question } from './question.ts';
import type * as Signals from './signals.ts';
import type { Stored } from './stored.ts';
import type { TooLong } from './reply.ts';

const name = optional(text(1_000));
const failure: Shape<Failure> = object({ type: text(), message: text() });
const usage: Shape<Usage> = object({
  input_tokens: number(),
  output_tokens: number(),
  estimated: optional(oneOf(true)),
});
const schedule: Shape<Schedule> = oneOf('silent', 'when_idle', 'interrupt');
const whenBusy: Shape<WhenBusy> = oneOf('interrupt', 'queue', 'reject', 'rollback');
const stored: Shape<Stored> = object({
  n: either(whole(1), oneOf('end')),
  bytes: whole(1),
  head: text(),
});
const question: Shape<Question> = object({
  id,
  message: text(),
  schema: optional(fields),
  url: optional(text()),
});
const given = { data: optional(anything), stored: optional(stored) };

export const messageSignal: Shape<Signals.MessageSignal> = object({
  message_id: id,
  text: text(),
  when_busy: optional(whenBusy),
  author: name,
});

export const callEnd: Shape<Signals.CallEnd> = variants('type', {
  completed: object({ result: optional(anything), stored: optional(stored) }),
  failed: object({ error: failure }),
  cancelled: object({}),
}) as Shape<Signals.CallEnd>;

/** The conversation's signals, by name. */
export const signalShapes = {
  message: messageSignal,
  interrupt: object({
    id: optional(id),
    scope: oneOf('reply', 'calls', 'all'),
    call_ids: optional(list(text())),
    message: optional(messageSignal),
    by: name,
  }) satisfies Shape<Signals.InterruptSignal>,
  cancel_call: object({ call_id: id, by: name }) satisfies Shape<Signals.CancelCallSignal>,
  call_event: object({
    call_id: id,
    n: whole(1),
    event: oneOf('progress', 'result'),
    percent: optional(number(0, 100)),
    note: optional(text()),
    ...given,
    schedule,
    pushed_n: optional(whole(1)),
    missing: optional(list(whole(1), 20)),
    question: optional(question),
    settles: optional(oneOf(true)),
  }) satisfies Shape<Signals.CallEventSignal>,
  call_ended: object({ call_id: id, end: callEnd }) satisfies Shape<Signals.CallEndedSignal>,
  close: object({ by: name }) satisfies Shape<Signals.CloseSignal>,
  reset: object({
    run_id: id,
    kept: optional(whole(0)),
    had: whole(0),
    calls: list(id, 1_000),
    reason: optional(text(1_000)),
  }) satisfies Shape<Signals.ResetSignal>,
  // The service itself has written the rest of a call, as in the result of a reply.
  request_call: object({
    call: looseObject({ call_id: id, tool: text() }),
    begun: optional(oneOf(true)),
  }),
  record_calls: object({
    calls: list(
      object({
        call: looseObject({ call_id: id, tool: text() }),
        end: callEnd,
        delivered: optional(oneOf(true)),
      }),
    ),
  }),
  deliver: object({
    of: list(whole(1)),
    anchor: optional(text(1_000)),
  }) satisfies Shape<Signals.DeliverSignal>,
  acknowledge: object({ to: whole(0) }) satisfies Shape<Signals.AcknowledgeSignal>,
};

export const decideCall: Shape<Signals.DecideCall> = object({
  call_id: id,
  decision: oneOf('approve', 'deny'),
  reason: optional(text()),
  by: name,
});

const answer = {
  question_id: id,
  action: oneOf('accept', 'decline', 'cancel'),
  content: optional(fields),
};
export const answerCall: Shape<Signals.AnswerCall> = object({ call_id: id, ...answer, by: name });
/** The signal that gives the call workflow its answer. */
export const callAnswer: Shape<GivenAnswer> = object(answer);

/** The result of a local tool's activity. */
export const toolOutcome: Shape<Signals.CallEnd | CallAsks> = either(
  object({
    type: oneOf('asks'),
    question_id: id,
    details: optional(anything),
    held: optional(oneOf(true)),
  }),
  callEnd,
);

const n = whole(1);

/** Pushes to the call workflow of a remote tool. */
export const callPush = variants('kind', {
  progress: object({ n, percent: number(0, 100), note: optional(text()), schedule }),
  result: object({ n, ...given, schedule }),
  done: object({ n, ...given }),
  failed: object({ n, error: failure }),
}) satisfies Shape<Signals.CallPush>;

const sizes = { fixed: number(), turns: list(number()) };
const attached: Shape<Attached> = object({ by: text(), data: text() });

/** Results of activities, which a worker of another version may have written. */
export const replyResult = object({
  text: text(),
  usage,
  tokens: optional(number()),
  sizes: optional(object(sizes)),
  calls: list(looseObject({ call_id: id, tool: text(), attached: optional(attached) })),
  attached: optional(attached),
  cut_off: optional(usage),
});
/** The details of their failures. */
export const tooLong: Shape<TooLong> = object({ ...sizes, tokens: number(), most: number() });
export const summaryResult = object({ text: text(), usage });

/**
 * Returns the value without fields that the shape does not know. If it does not fit, `why` is a sentence that says so and repeats
 * nothing of the value. Never throws.
 */
export function validate<T>(
  shape: Shape<T>,
  value: unknown,
): { value: T; why?: undefined } | { value?: undefined; why: string } {
  const refused = whyRefused(value);
  if (refused) return { why: `It ${refused}.` };
  try {
    return { value: shape(value, '') };
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return { why: error.message };
  }
}
