/** What is left to chance in a race: what the users do and when, how long the model takes, what the tools' programs do. */
import fc from 'fast-check';
import type { Schedule, WhenBusy } from '../../contract/entry.ts';
import type { Limits } from '../../contract/limits.ts';
import type { AnswerAction } from '../../contract/question.ts';
import type { InterruptSignal } from '../../contract/signals.ts';

/** Times are milliseconds. What runs out of its list starts over with the first. */
export interface Script {
  /** How far the agent may go by itself; absent: as far as it likes. */
  initiative?: Initiative;
  acts: Act[];
  /** What the model says to its first request, to its second … */
  answers: PlannedAnswer[];
  /** What the program of the first call that starts does, of the second … */
  programs: Program[];
  /** How long the log takes to be written. What arrives meanwhile is heard together. */
  writes: number[];
}

type Initiative = Pick<Limits, 'unsolicited_per_minute' | 'unsolicited_in_a_row' | 'max_tokens'>;

/** What a user does, `after` milliseconds after the act before it. */
export type Act = { after: number } & (
  | { do: 'say'; wants: Wants; when_busy: WhenBusy }
  /** The sender did not hear of the acknowledgement and sends the last message again. */
  | { do: 'say again' }
  | { do: 'interrupt'; scope: InterruptSignal['scope']; says: boolean }
  /** Numbers choose among the open calls of that moment. */
  | { do: 'cancel'; call: number }
  | { do: 'decide'; call: number; decision: 'approve' | 'deny' }
  | { do: 'answer'; call: number; action: AnswerAction }
  | { do: 'close' }
  /** An operator resets the conversation to a task of its own; the number chooses which. */
  | { do: 'reset'; to: number }
);

/** `pay`: one payment, instead of any the user asked for before. */
export type Wants = 'pay' | 'no payment' | 'chat';

export interface PlannedAnswer {
  latency: number;
  /** `spent`: where nobody asked for it, the tenant has no tokens left for it. */
  ends: 'spoken' | 'silent' | 'failed' | 'spent';
  /** Beside the payment that the user wants. */
  asks: Asked[];
  /** Its answer comes although it was stopped. */
  deaf: boolean;
}

export type Asked =
  | 'slow'
  | 'managed'
  | 'approval'
  | 'reject'
  | 'replace'
  | 'confirm'
  | 'broken'
  | 'cancel';

export interface Program {
  steps: ProgramStep[];
  end: { after: number; type: 'completed' | 'failed' | 'never' };
  /** How long it goes on after it was cancelled. */
  stops_after: number;
  /** Each of its signals comes a second time, so much later. */
  retries_after?: number;
  /** Another attempt of it, or a call that was reset: it begins once more this long after its start and tells everything again. */
  again_after?: number;
  /** Its end overtakes what it said last. */
  overtakes?: true;
  /** An operator ends the call this long after its start, and the conversation is told. The program has not heard of it and goes on. */
  operator?: { after: number; does: 'terminates' | 'cancels' };
}

export interface ProgramStep {
  after: number;
  event: 'progress' | 'result';
  schedule: Schedule;
  /** Of progress: it asks a person, or no longer waits for an answer. The program goes on all the same. */
  asks?: 'question' | 'nothing';
}

/** Mostly within 300 ms, often at a limit of the rules or at the same moment. */
export const soon = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 199, 200, 201, 249, 250, 251) },
  { weight: 1, arbitrary: fc.integer({ min: 300, max: 5_000 }) },
);

const say = fc.record({
  after: soon,
  do: fc.constant('say' as const),
  wants: fc.constantFrom<Wants[]>('pay', 'pay', 'no payment', 'chat'),
  when_busy: fc.constantFrom<WhenBusy[]>('interrupt', 'interrupt', 'queue', 'reject', 'rollback'),
});

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 60, arbitrary: say },
  { weight: 5, arbitrary: fc.record({ after: soon, do: fc.constant('say again' as const) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      after: soon,
      do: fc.constant('interrupt' as const),
      scope: fc.constantFrom('reply' as const, 'calls' as const, 'all' as const),
      says: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ after: soon, do: fc.constant('cancel' as const), call: fc.nat(9) }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      after: soon,
      do: fc.constant('decide' as const),
      call: fc.nat(9),
      decision: fc.constantFrom('approve' as const, 'approve' as const, 'deny' as const),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      after: soon,
      do: fc.constant('answer' as const),
      call: fc.nat(9),
      action: fc.constantFrom<AnswerAction[]>('accept', 'decline', 'cancel'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ after: soon, do: fc.constant('close' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ after: soon, do: fc.constant('reset' as const), to: fc.nat(99) }),
  },
);

const ASKED: Asked[] = [
  'slow',
  'managed',
  'approval',
  'reject',
  'replace',
  'confirm',
  'broken',
  'cancel',
];

const answer: fc.Arbitrary<PlannedAnswer> = fc.record({
  latency: soon,
  ends: fc.constantFrom('spoken', 'spoken', 'spoken', 'silent', 'failed', 'spent'),
  asks: fc.array(fc.constantFrom('slow' as const, 'slow' as const, ...ASKED), { maxLength: 3 }),
  deaf: fc.boolean(),
});

export const program: fc.Arbitrary<Program> = fc.record(
  {
    steps: fc.array(
      fc.record(
        {
          after: soon,
          event: fc.constantFrom('progress' as const, 'progress' as const, 'result' as const),
          schedule: fc.constantFrom<Schedule[]>('silent', 'when_idle', 'when_idle', 'interrupt'),
          asks: fc.constantFrom('question' as const, 'question' as const, 'nothing' as const),
        },
        { requiredKeys: ['after', 'event', 'schedule'] },
      ),
      { maxLength: 6 },
    ),
    end: fc.record({
      after: soon,
      type: fc.constantFrom('completed', 'completed', 'failed', 'never'),
    }),
    stops_after: soon,
    retries_after: soon,
    again_after: soon,
    overtakes: fc.constant(true as const),
    operator: fc.record({
      after: soon,
      does: fc.constantFrom('terminates' as const, 'cancels' as const),
    }),
  },
  { requiredKeys: ['steps', 'end', 'stops_after'] },
);

const initiative: fc.Arbitrary<Initiative> = fc.record(
  {
    unsolicited_per_minute: fc.integer({ min: 1, max: 4 }),
    unsolicited_in_a_row: fc.integer({ min: 1, max: 4 }),
    // Each reply takes two.
    max_tokens: fc.integer({ min: 1, max: 40 }),
  },
  { requiredKeys: [] },
);

export const script: fc.Arbitrary<Script> = fc.record({
  // In every other story it may go as far as it likes: more happens then.
  initiative: fc.oneof(fc.constant({}), initiative),
  acts: fc.array(act, { minLength: 1, maxLength: 20, size: 'max' }),
  answers: fc.array(answer, { minLength: 1, maxLength: 6, size: 'max' }),
  programs: fc.array(program, { minLength: 1, maxLength: 6, size: 'max' }),
  writes: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 4,
    size: 'max',
  }),
});
