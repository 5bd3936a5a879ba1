import type { CallEnd } from '../contract/signals.ts';

/** A process that runs tools. Enough to tell, on the machine it ran on, whether it is dead. */
export interface HolderIdentity {
  /** Processes in the same place can see each other. Empty when no other process can tell whether this one lives. */
  place: string;
  pid: number;
  /** When the process began, as its operating system reports it. */
  began: string;
}

/** A request to hold a call. */
export interface HoldRequest {
  holder: string;
  /** Id of the run of the call's workflow. */
  run: string;
  /** What runs: a `function` in the worker's process, or a `program` that outlives it. */
  body: CallBody;
  /** A holder that was silent for longer than this has lapsed, by the store's clock. Milliseconds. */
  lease_ms: number;
  /** A holder that is known to be dead: it has lapsed, however recently it was seen. */
  dead?: string;
}

export type CallBody = 'function' | 'program';

export type HoldResult =
  /** The call was never held before. The caller holds it now. `turn` counts the times that it was held. */
  | { outcome: 'fresh'; turn: number }
  /** The last holder has lapsed, has released the call, or is the caller, who holds it now. `run` and `body` are the first ones. */
  | { outcome: 'taken'; turn: number; run: string; body: CallBody }
  /** Another process holds the call. */
  | { outcome: 'elsewhere'; holder: string; who?: HolderIdentity; silent_ms: number }
  /** The call is over and must never run again. Without `end`, how it ended is no longer known. */
  | { outcome: 'ended'; end?: CallEnd };

/** One turn of a holder at a call. A late request of an earlier turn changes nothing in later ones. */
export interface Hold {
  holder: string;
  turn: number;
}

/** Which process runs which call. */
export interface HoldStore {
  /**
   * Renews a process's lease, under an id of its own. Once another process has taken over one of its calls, it has lapsed for good.
   * @returns `others`: another holder was seen within the last minute
   */
  renewHolder(holder: string, who: HolderIdentity): Promise<{ lapsed: boolean; others: boolean }>;
  /** Gives up the lease: the holder's calls may be taken over at once. */
  retireHolder(holder: string): Promise<void>;
  /** When several processes ask at once, exactly one gets the call. */
  holdCall(call: { tenant: string; call_id: string }, request: HoldRequest): Promise<HoldResult>;
  /** False, with nothing changed, when another process holds the call or it is over. */
  endCall(call: { tenant: string; call_id: string }, hold: Hold, end: CallEnd): Promise<boolean>;
  /** Lets another process hold the call. Changes nothing when another holds it already, or when it is over. */
  releaseCall(call: { tenant: string; call_id: string }, hold: Hold): Promise<void>;
}
