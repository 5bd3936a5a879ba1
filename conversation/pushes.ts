/**
 * Handles a remote tool's pushes: pure functions over JSON state. Pushes arrive in any order and more than once. The
 * conversation receives them renumbered, in the order in which it is told.
 */
import type { Failure } from '../contract/entry.ts';
import { admit, createFilter, type FilterState } from '../contract/report-filter.ts';
import { reportOf } from '../contract/report.ts';
import { excess, miscount } from '../contract/result-count.ts';
import type { CallEnd, CallEventSignal, CallPush } from '../contract/signals.ts';
import type { CallStart, ToolFacts } from '../contract/call.ts';
import { addNumber, hasCome, missingBelow, NO_NUMBERS, type PushNumbers } from './push-numbers.ts';

export type RemoteFacts = ToolFacts & { kind: 'remote' };

/** The state of a call's pushes. */
export interface Pushes {
  numbers: PushNumbers;
  /** Number of events told to the conversation. */
  told: number;
  /** Number of results among them. */
  results: number;
  filter: FilterState;
  /** When the call began, and when its service was last heard from. Milliseconds since 1970. */
  began_at: number;
  heard_at: number;
}

export interface HeardPush {
  pushes: Pushes;
  /** The conversation is told this event, before the end if there is one too. */
  event?: CallEventSignal;
  end?: CallEnd;
  /** True when the service does not know that the call is over. */
  withdraw?: boolean;
}

export function newPushes(start: CallStart, facts: RemoteFacts, now: number): Pushes {
  const filter = createFilter(reportOf(start.report, facts.report), now);
  return { numbers: NO_NUMBERS, told: 0, results: 0, filter, began_at: now, heard_at: now };
}

export function hearPush(
  before: Pushes,
  push: CallPush,
  { start, facts, now }: { start: CallStart; facts: RemoteFacts; now: number },
): HeardPush {
  if (hasCome(before.numbers, push.n)) return { pushes: before };
  const missing = missingBelow(before.numbers, push.n);
  const pushes = { ...before, numbers: addNumber(before.numbers, push.n), heard_at: now };
  const told = {
    call_id: start.call_id,
    n: pushes.told + 1,
    pushed_n: push.n,
    ...(missing.length > 0 && { missing }),
  };
  switch (push.kind) {
    case 'progress': {
      const { percent, note, schedule } = push;
      const { state: filter, told: isTold } = admit(pushes.filter, percent, now);
      if (!isTold) return { pushes };
      return {
        pushes: { ...pushes, filter, told: told.n },
        event: {
          ...told,
          event: 'progress',
          percent,
          ...(note !== undefined && { note }),
          schedule,
        },
      };
    }
    case 'result': {
      const results = pushes.results + 1;
      const failure = excess(start.tool, facts.results, results);
      if (failure) return { pushes, ...failed(failure) };
      const { data, stored, schedule } = push;
      const given = stored ? { stored } : { data };
      return {
        pushes: { ...pushes, results, told: told.n },
        event: { ...told, event: 'result', ...given, schedule },
      };
    }
    case 'done': {
      const { data, stored } = push;
      const failure = miscount(start.tool, facts.results, pushes.results, stored ?? data);
      const end = { type: 'completed', result: data ?? null, ...(stored && { stored }) } as const;
      if (!failure) return { pushes, end };
      return { pushes, end: { type: 'failed', error: explainGap(failure, missing) } };
    }
    case 'failed':
      return { pushes, end: { type: 'failed', error: push.error } };
    default:
      return push satisfies never;
  }
}

/** When the call will have been silent, or will have run, for too long. Milliseconds since 1970. */
export const overdueAt = (pushes: Pushes, { silence_ms, timeout_ms }: RemoteFacts) =>
  Math.min(pushes.heard_at + silence_ms, pushes.began_at + timeout_ms);

/** The end of an overdue call. Undefined when it is not overdue. */
export function endIfOverdue(
  pushes: Pushes,
  { start, facts, now }: { start: CallStart; facts: RemoteFacts; now: number },
): Omit<HeardPush, 'pushes'> | undefined {
  if (now < overdueAt(pushes, facts)) return undefined;
  if (now >= pushes.began_at + facts.timeout_ms) {
    const message = `${start.tool} did not end within ${facts.timeout_ms / 1_000} seconds.`;
    return failed({ type: 'Timeout', message });
  }
  const message = `The service of ${start.tool} has sent nothing for ${facts.silence_ms / 1_000} seconds.`;
  return failed({ type: 'Silent', message });
}

const failed = (error: Failure) => ({ end: { type: 'failed', error }, withdraw: true }) as const;

/** Adds the pushes that never came to a failure: a missing result may be among them. */
function explainGap(failure: Failure, missing: number[]): Failure {
  if (missing.length === 0) return failure;
  return {
    ...failure,
    message: `${failure.message} Pushes that never arrived: ${missing.join(', ')}.`,
  };
}
