/** A call of a tool: as the model has requested it, as the workflow runs it, and what is known of its tool. */
import type { Attached, Failure } from './entry.ts';
import type { ConversationKey } from './names.ts';
import type { GivenAnswer } from './question.ts';
import type { ResultRange } from './result-count.ts';

export interface OpenCall {
  call_id: string;
  tool: string;
  status: 'requested' | 'awaiting_approval' | 'queued' | 'running';
  /** Place in the queue, starting at 1. */
  position?: number;
  /** While the call awaits approval: when the approval expires. */
  expires_at?: string;
  suspended?: Suspended;
  /** Seqs of the entries before `from` that are needed to describe the call: its request, and the request for approval. */
  before?: number[];
  /** Its last progress in the log, if `before` is set. */
  percent?: number;
  note?: string;
}

/** Who awaits the results of a call: the model, which is told of each; or the service, which tells all of them at once. */
export type Awaits = 'prompt' | 'managed';

/** Progress of a call whose flow the service suspends: how many results are in, of how many. Without `of`, it waits for the end. */
export interface Suspended {
  results: number;
  of?: number;
}

export interface RequestedCall {
  call_id: string;
  tool: string;
  /** Valid, and as the model gave it. If a person may have to approve: what the tool's schema makes of it, if stable. */
  input: unknown;
  /** For a call that a person may have to approve: what the tool will get, if it differs from `input`. */
  shown?: { input?: unknown };
  report?: string;
  /** Unknown tool or invalid input: the call fails at once and the model is told. */
  problem?: Failure;
  /** R10: how the call is handled while an identical call is open. If absent, it simply runs. */
  duplicates?: Exclude<Duplicates, 'allow'>;
  /** Present when a person has to approve the call before it runs. */
  approval?: Approval;
  /** The service suspends its flow. If absent, the model awaits the results itself. */
  awaits?: Extract<Awaits, 'managed'>;
  /** For a managed call: its flow continues after this many results. If absent, when the call ends. */
  results?: number;
  /** Data that the provider wants back with later requests. */
  attached?: Attached;
  /** Where the call stands in the thread of a harness (docs/decisions/0048-managed-proxy.md). */
  anchor?: string;
}

/** R10: a second identical call runs too, is refused, replaces the first, or awaits a person's approval. */
export type Duplicates = 'allow' | 'reject' | 'replace' | 'confirm';

export interface Approval {
  /** What the person is asked, in words. */
  question?: string;
  /** How long the call waits for a decision, in milliseconds. */
  timeout_ms: number;
}

/** The default: seven days. */
export const APPROVAL_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1_000;

/** How long a call waits for the answer to its question: seven days. */
export const QUESTION_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1_000;

/** The argument of the call workflow, which it passes on to the tool's activity. */
export interface CallStart {
  conversation: ConversationKey;
  call_id: string;
  tool: string;
  input: unknown;
  /** The input that a person was shown and has approved: the tool does not run with any other. */
  agreed?: unknown;
  report?: string;
  /** The tool has asked a person, and goes on from there. */
  resumes?: Resumption;
}

export interface Resumption {
  question_id: string;
  /** How far it was. */
  details?: unknown;
  /** Absent: nobody has answered, and the tool may no longer wait for it. */
  answer?: GivenAnswer;
  /** The call is cancelled: its tool has to be told, and nothing else is wanted of it. */
  stops?: true;
}

/** The tool of a call waits for a person. It does not run meanwhile. */
export interface CallAsks {
  type: 'asks';
  question_id: string;
  details?: unknown;
  /** A process or a connection waits for the answer, and may end before it comes. */
  held?: true;
}

/** How many calls may run at once in a tenant: of this tool, and in all. No limit if absent. */
export interface Slots {
  tool?: number;
  tenant?: number;
}

/** What the call workflow needs to know about a tool; the result of `describe-tools`. */
export type ToolFacts = {
  timeout_ms: number;
  /** If absent, the call need not wait for other calls. */
  slots?: Slots;
} &
  /** `keeps`: what the tool has started may continue to run when its worker dies. */
  (
    | { kind: 'local'; restart: Restart; keeps?: true }
    /** Another team's service, which pushes events. The call fails after `silence_ms` without one. */
    | {
        kind: 'remote';
        silence_ms: number;
        results: ResultRange;
        /** When progress is reported if the model does not say. As in contract/report.ts. */
        report?: string;
      }
  );

/**
 * What happens after a crash: continue from the last checkpoint; find the program again, which has continued to run; or tell the
 * model that the call was cut off.
 */
export type Restart = 'resume' | 'reattach' | 'fail';
