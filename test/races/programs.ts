/**
 * The tools' programs of a race: they report at their own times, twice if they retry, and stop late. Some begin once more, some are
 * ended by an operator, and of some the end comes before what they said last.
 */
import type { CallEnd, CallEventSignal } from '../../contract/signals.ts';
import type { Effect, Untimed } from '../../conversation/event.ts';
import type { Audit } from './audit.ts';
import type { Clock } from './clock.ts';
import type { Program, ProgramStep } from './script.ts';
import type { Told } from './told.ts';
import { broken } from './violation.ts';

type Start = Extract<Effect, { kind: 'start_call' }>['call'];

interface Run extends Told {
  program: Program;
  stopped: boolean;
  /** The conversation was told that it is over: what comes later is late. */
  isOver: boolean;
}

export function createPrograms(
  programs: Program[],
  {
    clock,
    audit,
    enqueue,
  }: { clock: Clock; audit: Pick<Audit, 'ran' | 'adopted'>; enqueue: (event: Untimed) => void },
) {
  const runs = new Map<string, Run>();
  /** Calls whose start a reset has taken back: they run all the same. */
  const forgotten = new Set<string>();

  function start(call: Start): void {
    const { call_id } = call;
    const known = runs.get(call_id);
    if (known && forgotten.delete(call_id)) return adopt(known, call);
    if (known) throw broken('R9', `${call_id} is started twice.`, clock.now);
    const program = programs[runs.size % programs.length]!;
    const run: Run = { call_id, program, events: 0, ended: false, stopped: false, isOver: false };
    runs.set(call_id, run);
    audit.ran(call);
    goOn(run, 0);
    const { again_after, operator } = program;
    if (again_after !== undefined) clock.after(again_after, () => goOn(run, 0));
    if (operator) clock.after(operator.after, () => end(run, BY_AN_OPERATOR[operator.does]));
  }

  /** What has run is never started again: the conversation hears what is still to come, and at least the end. */
  function adopt(run: Run, call: Start): void {
    audit.ran(call);
    audit.adopted(call.call_id);
    if (!run.isOver) return;
    tell(run.program, { type: 'call_ended', call_id: run.call_id, end: ADOPTED });
  }

  function goOn(run: Run, nth: number): void {
    const { steps, end: last } = run.program;
    const step = steps[nth];
    if (!step && last.type === 'never') return;
    clock.after(step?.after ?? last.after, () => {
      if (run.stopped) return;
      if (!step) return end(run, endOf(last));
      const isOvertaken = run.program.overtakes && nth === steps.length - 1;
      if (isOvertaken && last.type !== 'never') end(run, endOf(last));
      say(run, nth + 1, step);
      if (!isOvertaken) goOn(run, nth + 1);
    });
  }

  function say(run: Run, n: number, { event, schedule, asks }: ProgramStep): void {
    const signal = { call_id: run.call_id, n, event, schedule };
    const asked =
      asks === 'question'
        ? { question: { id: `q${n}`, message: '' } }
        : asks && { settles: true as const };
    const said = event === 'progress' ? { percent: n - 1, ...asked } : { data: n - 1 };
    if (!run.isOver) run.events = Math.max(run.events, n);
    tell(run.program, { type: 'call_event', ...signal, ...said } satisfies {
      type: 'call_event';
    } & CallEventSignal);
  }

  function end(run: Run, how: CallEnd): void {
    run.ended = true;
    run.isOver = true;
    tell(run.program, { type: 'call_ended', call_id: run.call_id, end: how });
  }

  function tell({ retries_after }: Program, signal: Untimed): void {
    enqueue(signal);
    if (retries_after !== undefined) clock.after(retries_after, () => enqueue(signal));
  }

  function cancel(call_id: string): void {
    const run = runs.get(call_id);
    if (!run) throw broken('R13', `${call_id} is stopped but never ran.`, clock.now);
    clock.after(run.program.stops_after, () => {
      if (run.stopped || run.ended) return;
      run.stopped = true;
      run.isOver = true;
      tell(run.program, { type: 'call_ended', call_id, end: { type: 'cancelled' } });
    });
  }

  return {
    start,
    cancel,
    /** The conversation was reset to a time at which it had started these alone. */
    forget(started: Set<string>): void {
      for (const id of runs.keys()) if (!started.has(id)) forgotten.add(id);
    },
    told: (): Told[] => [...runs.values()].filter(({ call_id }) => !forgotten.has(call_id)),
    /** Those that go on for ever. */
    unended: () => new Set([...runs.values()].filter((run) => !run.ended).map((r) => r.call_id)),
  };
}

/** How the conversation is told of it. */
const ADOPTED: CallEnd = { type: 'failed', error: { type: 'CallReset', message: '' } };
const BY_AN_OPERATOR: Record<'terminates' | 'cancels', CallEnd> = {
  terminates: { type: 'failed', error: { type: 'CallTerminated', message: '' } },
  cancels: { type: 'cancelled' },
};

function endOf({ type }: Program['end']): CallEnd {
  if (type === 'failed') return { type, error: { type: 'Failed', message: '' } };
  return { type: 'completed', result: null };
}
