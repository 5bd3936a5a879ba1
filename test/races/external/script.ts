/** What is left to chance in a race with harnesses: what they call and when, how long everything takes, when they are killed. */
import fc from 'fast-check';
import type { AnswerAction } from '../../../contract/question.ts';
import { type Program, program, soon } from '../script.ts';

/** Times are milliseconds. What runs out of its list starts over with the first. */
export interface ExternalScript {
  threads: ThreadPlan[];
  acts: ExternalAct[];
  programs: Program[];
  /** How long a message takes between the harness, the service and the conversation. */
  hops: number[];
  /** Whether the sender of a signal does not hear of its acknowledgement, and sends it again. */
  repeats: boolean[];
  /** How long the log takes to be written. */
  writes: number[];
}

export interface ThreadPlan {
  /** `asks`: by next_results. `pushed`: it is told, and asks. `proxied`: its model is shown the news at its turns. */
  hears: 'asks' | 'pushed' | 'proxied';
  /** How many pushes may begin in a minute. */
  pushes_per_minute?: number;
}

/** What happens, `after` milliseconds after the act before it. Numbers choose among the threads and calls of that moment. */
export type ExternalAct = { after: number; thread: number } & (
  | { do: 'call'; tool: ToolChoice; patience: number }
  /** Several calls at once that end within the grace time. */
  | { do: 'burst'; calls: number }
  /** The harness sends a call again that it made before. */
  | { do: 'again'; call: number }
  | { do: 'ask'; waits: number }
  /** A turn of the model behind the proxy. */
  | { do: 'turn'; takes: number }
  | { do: 'cancel'; call: number }
  | { do: 'decide'; call: number; decision: 'approve' | 'deny' }
  | { do: 'answer'; call: number; action: AnswerAction }
  | { do: 'say' }
  /** Every harness is killed. `forgets`: it has not saved what it was told last. */
  | { do: 'kill'; back_after: number; forgets: boolean }
  | { do: 'close' }
);

/** How its tool is declared. `quick`: made at once, without a workflow. `lost`: so is this, and the process that makes it dies. */
export type ToolChoice =
  | 'slow'
  | 'quick'
  | 'lost'
  | 'approval'
  | 'reject'
  | 'replace'
  | 'confirm'
  | 'broken';

const TOOL_CHOICES: ToolChoice[] = [
  'slow',
  'slow',
  'slow',
  'quick',
  'quick',
  'lost',
  'approval',
  'reject',
  'replace',
  'confirm',
  'broken',
];

/** Longer than the grace time, or shorter. */
const patience = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constant(10_000));

const kinds = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      tool: fc.constantFrom(...TOOL_CHOICES),
      patience,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      calls: fc.integer({ min: 2, max: 16 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('again' as const), call: fc.nat(30) }),
  },
  {
    weight: 25,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      waits: fc.integer({ min: 0, max: 1_000 }),
    }),
  },
  { weight: 15, arbitrary: fc.record({ do: fc.constant('turn' as const), takes: soon }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('cancel' as const), call: fc.nat(30) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      call: fc.nat(9),
      decision: fc.constantFrom('approve' as const, 'approve' as const, 'deny' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      call: fc.nat(9),
      action: fc.constantFrom<AnswerAction[]>('accept', 'decline', 'cancel'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('say' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('kill' as const),
      back_after: soon,
      forgets: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
);

const act: fc.Arbitrary<ExternalAct> = fc
  .tuple(fc.record({ after: soon, thread: fc.nat(2) }), kinds)
  .map(([when, what]) => ({ ...when, ...what }));

const thread: fc.Arbitrary<ThreadPlan> = fc.record(
  {
    hears: fc.constantFrom('asks' as const, 'asks' as const, 'pushed' as const, 'proxied' as const),
    pushes_per_minute: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ['hears'] },
);

const few = { minLength: 1, size: 'max' } as const;

export const externalScript: fc.Arbitrary<ExternalScript> = fc.record({
  threads: fc.array(thread, { ...few, maxLength: 3 }),
  acts: fc.array(act, { ...few, maxLength: 40 }),
  programs: fc.array(program, { ...few, maxLength: 6 }),
  hops: fc.array(
    fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 30, max: 600 })),
    { ...few, maxLength: 6 },
  ),
  repeats: fc.array(fc.constantFrom(false, false, false, true), { ...few, maxLength: 5 }),
  writes: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })), {
    ...few,
    maxLength: 4,
  }),
});
