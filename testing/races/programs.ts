/** The tools' programs of a race: they report at their own times, twice if they retry, and stop late. */
import type { CallEnd, CallEventSignal } from '../../contract/signals.ts';
import type { Effect, Untimed } from '../../conversation/event.ts';
import type { Audit } from './audit.ts';
import type { Clock } from './clock.ts';
import type { Program } from './script.ts';
import { broken } from './violation.ts';

type Start = Extract<Effect, { type: 'start_call' }>['call'];

/** What the conversation was told of a call. */
export interface Told {
  call_id: string;
  events: number;
  /** The program's own, not the end of one that was cancelled. */
  ended: boolean;
}

interface Run extends Told {
  stopped: boolean;
}

export function createPrograms(
  programs: Program[],
  { clock, audit, hear }: { clock: Clock; audit: Audit; hear: (event: Untimed) => void },
) {
  const runs = new Map<string, Run & { program: Program }>();

  function start(call: Start): void {
    const { call_id } = call;
    if (runs.has(call_id)) throw broken('R9', `${call_id} is started twice.`, clock.now);
    const program = programs[runs.size % programs.length]!;
    const run = { call_id, program, events: 0, ended: false, stopped: false };
    runs.set(call_id, run);
    audit.ran(call);
    goOn(run, 0);
  }

  function goOn(run: Run & { program: Program }, nth: number): void {
    const { steps, end } = run.program;
    const step = steps[nth];
    if (!step && end.type === 'never') return;
    clock.after(step?.after ?? end.after, () => {
      if (run.stopped) return;
      if (!step) {
        run.ended = true;
        return tell(run.program, { type: 'call_ended', call_id: run.call_id, end: endOf(end) });
      }
      const { event, schedule } = step;
      const signal = { call_id: run.call_id, n: nth + 1, event, schedule };
      const percent = event === 'progress' ? { percent: nth } : { data: nth };
      run.events += 1;
      tell(run.program, { type: 'call_event', ...signal, ...percent } satisfies {
        type: 'call_event';
      } & CallEventSignal);
      goOn(run, nth + 1);
    });
  }

  function tell({ retries_after }: Program, signal: Untimed): void {
    hear(signal);
    if (retries_after !== undefined) clock.after(retries_after, () => hear(signal));
  }

  function cancel(call_id: string): void {
    const run = runs.get(call_id);
    if (!run) throw broken('R13', `${call_id} is stopped but never ran.`, clock.now);
    clock.after(run.program.stops_after, () => {
      if (run.stopped || run.ended) return;
      run.stopped = true;
      tell(run.program, { type: 'call_ended', call_id, end: { type: 'cancelled' } });
    });
  }

  return {
    start,
    cancel,
    told: (): Told[] => [...runs.values()],
    /** Those that go on for ever. */
    unended: () => new Set([...runs.values()].filter((run) => !run.ended).map((r) => r.call_id)),
  };
}

function endOf({ type }: Program['end']): CallEnd {
  if (type === 'failed') return { type, error: { type: 'Failed', message: '' } };
  return { type: 'completed', result: null };
}
