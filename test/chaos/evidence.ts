/** What a chaos run leaves behind, as the checker reads it. Plain JSON, so that a run can be looked at again. */
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';

/** All times are milliseconds since 1970, by the clock of the one machine on which a run is. */
export interface Evidence {
  /** The run's seed: the same seed does the same to the same targets at the same moments. */
  seed: number;
  /** Messages that were acknowledged with 202. */
  sent: { conversation: string; message_id: string; text: string }[];
  conversations: ConversationEvidence[];
  /** One line per real side effect, in the order of the file. */
  ledger: LedgerLine[];
  /** What MCP servers did. Undefined for a run without any, as is `harnesses`. */
  upstream?: UpstreamLine[];
  /** What harnesses behind `meanwhile mcp proxy` got. */
  harnesses?: HarnessEvidence[];
  /** Programs and keepers of the run that still live when everything has ended. */
  programs: { pid: number; command: string }[];
  /** Calls of the run whose workflows still run then. */
  calls: string[];
  /**
   * From a fault (`at`: from its end, if it took away something of which there is only one) until a conversation that it could
   * hold up speaks or records again. Milliseconds, without the time in which something was away of which there is only one.
   */
  recoveries: { after: string; conversation: string; at: number; ms: number }[];
  faults: FaultEvidence[];
}

export interface ConversationEvidence {
  id: string;
  /** Its model is in a harness. */
  isExternal?: true;
  /** From `GET /entries`, all pages. */
  entries: Entry[];
  /** What a reader saw who followed the stream through the whole run: what it holds at the end, rewinds carried out. */
  followed: Entry[];
  /** When the follower was told that a call was cancelled. An entry carries the time of its cause, and may be written later. */
  cancelled?: { call_id: string; at: number }[];
  /** The stream has said that nothing more comes, ever. */
  isOver: boolean;
  head: Head;
  /** Message ids of the `message` signals in the Temporal histories of all its runs that stand. */
  signalled: string[];
  /**
   * (call, n) of the `call_event` signals, and calls of the `call_ended` signals, in the order of the histories.
   * `late`: the `call_ended` of its call stands before it. `at`: by Temporal's clock; after a reset that of the reset.
   */
  events: { call_id: string; n: number; late: boolean; at: number }[];
  ended: string[];
  /** Calls of a harness that had no workflow: they were made at once, and recorded when they were over. */
  quick?: string[];
  /** What the runs had done that an operator has reset, after the point to which they were reset. */
  undone?: Undone[];
}

export interface Undone {
  /** When it was reset. */
  at: number;
  /** When the run that the reset created began the first task that it completed. */
  began_at?: number;
  calls: string[];
  messages: string[];
}

/** Written where it happens, one line of JSON, appended and synced before the effect is reported. */
export interface LedgerLine {
  call_id: string;
  tool: string;
  /** Which of the call's effects: `step 3`. `done`: the last thing that a tool does. */
  effect: string;
  pid: number;
  at: number;
  /** Identifies what the user wanted: two calls with one key do the same thing twice. */
  key?: string;
  /** The tool runs in a worker's process, does not know what was done before, and declares this. */
  restart?: 'resume' | 'fail';
  /** Which start of such a tool's body wrote this. */
  body?: string;
  /** What the other side knows a payment by. */
  idempotency_key?: string;
}

/** A line of an MCP server's own ledger, written before anybody is told. */
export interface UpstreamLine {
  server: string;
  tool: string;
  /** Identifies what the user wanted, as in `LedgerLine`. */
  key: string;
  /** One for each request that reached the tool. */
  run: string;
  /** `told`: a progress notification of this step has been sent. `stopped`: the server was told to cancel it. */
  does: 'begins' | 'step' | 'told' | 'done' | 'stopped';
  step?: number;
  /** With `begins`: the server says that the tool may run again. */
  isRepeatable?: boolean;
  /** With `begins`: it is a task, with this input. */
  task?: { count: number; pause_ms: number };
  pid: number;
  at: number;
}

/** A harness with a model of its own, behind a proxy. It is never killed: what it was told it knows. */
export interface HarnessEvidence {
  id: string;
  /** Whether it declares the tasks extension. */
  has: 'tasks' | 'no tasks';
  /** The service behind its proxy is one process, which makes calls at once where it can. */
  isAtOnce?: true;
  calls: HarnessCall[];
  /** Every answer with numbered results, in the order in which they came. */
  told: ToldResults[];
}

export interface HarnessCall {
  /** In the call's input. */
  key: string;
  server: string;
  tool: string;
  /** How often it was requested: again whenever the answer did not come. */
  requests: number;
  /** When it was requested first. */
  asked_at: number;
  conversation?: string;
  /** The result, as the answer to the call or as that of its task. Undefined if it came as a numbered result, or not at all. */
  answer?: { text: string; isError: boolean; at: number };
  /** The harness has asked to cancel it. */
  isCancelled?: true;
}

export interface ToldResults {
  conversation: string;
  /** What the request acknowledged. Undefined for the answer to a call, which acknowledges nothing. */
  after?: number;
  results: { n: number; text: string }[];
  at: number;
}

export const KINDS = ['kill', 'freeze', 'partition', 'operator', 'starve'] as const;
export type Kind = (typeof KINDS)[number];

export interface FaultEvidence {
  kind: Kind;
  at: number;
  /** When it was over. Undefined: what was done was done at once. */
  until?: number;
  /** What it was done to: `worker`, `worker from temporal`, `conversation: reset to its first task`. */
  target: string;
  /** `random`, or the name of the dangerous moment. */
  moment: string;
  /** The processes it was done to. */
  pids?: number[];
  operation?: Operation;
}

/** What an operator did through Temporal's own client. */
export interface Operation {
  does: 'terminate' | 'cancel' | 'reset';
  conversation: string;
  /** Undefined: it was done to the conversation itself. */
  call_id?: string;
  run_id: string;
  /** Temporal did not answer: it may have been done, or not. */
  isUnanswered?: true;
  /** For a reset, the task to which the workflow was reset. */
  event_id?: number;
}
