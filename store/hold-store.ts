import type { CallEnd } from '../contract/signals.ts';

/** Identifies a process that runs tools well enough to tell, on its machine, whether it is dead. */
export interface HolderIdentity {
  /** Processes in the same place can see each other. Empty when no other process can tell whether this one is alive. */
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
  /** The caller holds the call, which was never held before. `turn` counts its holds. */
  | { outcome: 'fresh'; turn: number }
  /** The caller holds the call: the last holder has lapsed, has released it, or is the caller. `run` and `body` are the first ones. */
  | { outcome: 'taken'; turn: number; run: string; body: CallBody }
  /** Another process holds the call. */
  | { outcome: 'elsewhere'; holder: string; who?: HolderIdentity; silent_ms: number }
  /** The call is over and must never run again. `end` is absent if its end is no longer stored. */
  | { outcome: 'ended'; end?: CallEnd };

/** One turn of a holder at a call. A late request of an earlier turn changes nothing in later ones. */
export interface Hold {
  holder: string;
  turn: number;
}

/** Decides which process runs which call. */
export interface HoldStore {
  /**
   * Renews the lease of a process, which has a unique id. Once another process has taken over one of its calls, it has lapsed for
   * good.
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
