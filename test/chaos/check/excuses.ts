/**
 * What cannot be zero, with its reason. Everything else that is found is a fault. An excuse holds for no more than the faults of
 * the run can account for: for each there is a fault that was done to the same call, conversation or process, at that time.
 */
import type { FaultEvidence } from '../evidence.ts';
import { isEndOf, leavesTemporal, losesUpstream, takesWorker } from './causes.ts';

/** A call that fails and says so. */
export interface FailureExcuse {
  /** The type of the error with which the call failed. */
  error: string;
  /** Whether this fault can lead to it. */
  by(fault: FaultEvidence, failed: Failed): boolean;
  /** How many calls one fault can cost. */
  costs: 'one call' | 'any number';
  /** The call fails no later than this after the fault is over. Milliseconds; default: at any time. */
  within_ms?: number;
  /** What is not there where it is not excused. */
  needs: string;
  why: string;
}

export interface Failed {
  conversation: string;
  call_id: string;
  /** When the call was started and when it failed. Milliseconds since 1970. */
  started_at: number;
  failed_at: number;
}

/** Between a call's start and its failure. A server that dies as it begins is met a moment later. */
const during = ({ at }: FaultEvidence, { started_at, failed_at }: Failed) =>
  at > started_at - UNREACHED_MS && at < failed_at;

/** Longer than a server takes to come back. Milliseconds. */
const UNREACHED_MS = 5_000;

const killed =
  (target: string) =>
  (fault: FaultEvidence): boolean =>
    fault.kind === 'kill' && fault.target === target;

export const FAILURES: FailureExcuse[] = [
  {
    error: 'KeeperLost',
    by: killed('keeper'),
    costs: 'one call',
    needs: 'no keeper was killed for it',
    why:
      'KeeperLost: the keeper of the program was killed. It alone knows how its program ended, and running the program again ' +
      'could do everything twice, so the call fails and the model is told.',
  },
  {
    error: 'CommandFailed',
    by: killed('program'),
    costs: 'one call',
    needs: 'no program was killed for it',
    why:
      'CommandFailed: the program itself was killed. Only the program knows how far it got, so the call fails with the ' +
      'signal that ended it, and the model is told.',
  },
  {
    error: 'WorkerLost',
    by: (fault) => takesWorker(fault) || leavesTemporal(fault),
    costs: 'any number',
    within_ms: 120_000,
    needs: 'no worker was killed, frozen or cut off from Temporal for it',
    why:
      "WorkerLost: the tool declares `restart: 'fail'`, and its worker was killed, frozen or cut off from Temporal. The tool asks " +
      'not to be resumed, so the call fails and the model is told.',
  },
  {
    error: 'OutcomeUnknown',
    by: (fault, failed) => losesUpstream(fault) && during(fault, failed),
    costs: 'any number',
    needs: 'neither its MCP server nor what made the call was killed during it',
    why:
      'OutcomeUnknown: the MCP server was killed in the middle of the call, or the program that made it, or the keeper of that program. ' +
      'The server does not say that the tool may run twice, so the call fails and the model is told.',
  },
  {
    error: 'ServerUnavailable',
    by: (fault, failed) => losesUpstream(fault) && during(fault, failed),
    costs: 'any number',
    needs: 'its MCP server was not killed',
    why: 'ServerUnavailable: the MCP server was killed again and again, and the call was not made.',
  },
  {
    error: 'CallTerminated',
    by: (fault, failed) => isEndOf(fault, failed),
    costs: 'one call',
    needs: 'no operator terminated it',
    why: 'CallTerminated: an operator terminated the call or its conversation, which can no longer report it.',
  },
  {
    error: 'CallReset',
    by: ({ operation }, { call_id }) =>
      operation?.does === 'reset' && operation.call_id === call_id,
    costs: 'one call',
    needs: 'no operator reset it',
    why: 'CallReset: an operator reset the call. What its tool had begun is not run again, so it fails and the model is told.',
  },
];

/** Failures that are answers to what the model asked for: nothing has gone wrong. */
export const ANSWERS: ReadonlySet<string> = new Set([
  'InvalidInput',
  'UnknownTool',
  'NoSuchCall',
  'Duplicate',
]);

/** Replies that failed for what the model's server said or did not say. */
export const OF_THE_MODEL = /^Model/;

export const ENDED_BEFORE_IT_WAS_WRITTEN =
  'An operator ended the conversation after Temporal had accepted this and before a worker had written it. It was the last thing sent: ' +
  'nothing after it was written.';

export const UNDONE =
  "A reset took this, or the start of its call, out of Temporal's history, and the log follows the history. It came before the reset, or before the call was stopped.";

export const REPEATED =
  "A worker was killed, frozen or cut off from Temporal between a step of a tool with `restart: 'resume'` and the moment at which " +
  'the checkpoint after it was safe. The next worker cannot know of it; an effect that must not happen twice needs the key of its call.';

export const TOLD_AGAIN =
  'A call was answered, and its result told under its number too. Either its request had ended before the call did and was made again, or the ' +
  'process that answered was killed before the receipt of the answer was safe: the next one cannot know what was answered.';

export const WOKEN =
  'A frozen worker, when it wakes, finishes the step in which it was stopped before it can check whether the call is still its own.';

export const ASKED_AGAIN =
  'The reset went back to before the model made this call: the model is asked again and makes it again, as another call with another key.';
