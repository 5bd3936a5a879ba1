/** What a chaos run leaves behind, as the checker reads it. Plain JSON, so that a run can be looked at again. */
import type { Entry } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';

export interface Evidence {
  /** Of the run: the same seed kills at the same moments. */
  seed: number;
  /** Messages that were acknowledged with 202. */
  sent: { conversation: string; message_id: string; text: string }[];
  conversations: ConversationEvidence[];
  /** One line per real side effect, in the order of the file. */
  ledger: LedgerLine[];
  /** Programs and keepers of the run that still live when everything has ended. */
  programs: { pid: number; command: string }[];
  /** From a kill until a conversation that it could hold up speaks or records again. Milliseconds. */
  recoveries: { killed: string; ms: number }[];
  kills: Kill[];
}

export interface ConversationEvidence {
  id: string;
  /** From `GET /entries`, all pages. */
  entries: Entry[];
  /** What a reader saw who followed the stream through the whole run: what it holds at the end, rewinds carried out. */
  followed: Entry[];
  head: Head;
  /** Message ids of the `message` signals in the Temporal histories of all its runs. */
  signalled: string[];
  /**
   * (call, n) of the `call_event` signals, and calls of the `call_ended` signals, in the order of the histories.
   * `late`: the `call_ended` of its call stands before it.
   */
  events: { call_id: string; n: number; late: boolean }[];
  ended: string[];
}

/** Written by a tool's program, one line of JSON, appended and synced before the program says that it has done it. */
export interface LedgerLine {
  call_id: string;
  tool: string;
  /** Which of the call's effects: `step 3`. */
  effect: string;
  pid: number;
  /** When it was written. Milliseconds since 1970. */
  at: number;
}

export interface Kill {
  /** Milliseconds since the run began. */
  at: number;
  /** worker, api, temporal, database, program or keeper. */
  target: string;
  /** `random`, or the name of the dangerous moment. */
  moment: string;
}
