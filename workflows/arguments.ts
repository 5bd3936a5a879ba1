/** The arguments of the workflows, and the state that a run hands to the next one, so that nothing is lost (R15). */
import type { Entry } from '../contract/entry.ts';
import type { CallEnd, CallPush } from '../contract/signals.ts';
import type { CallStart } from '../contract/call.ts';
import type { Event } from '../conversation/event.ts';
import type { Pushes, RemoteFacts } from '../conversation/pushes.ts';
import type { State } from '../conversation/state.ts';

/** @param carried handed over by the previous run; only calls of remote tools continue as new */
export type CallWorkflow = (given: CallStart, carried?: CarriedCall) => Promise<CallEnd>;

export interface CarriedCall {
  facts: RemoteFacts;
  pushes: Pushes;
  inbox: CallPush[];
}

export interface Carried {
  /** Number of the run; the first part of the log's fence. */
  run: number;
  state: State;
  inbox: Event[];
  /** Entries that ride on a reply and are not known to be written. */
  unwritten: Entry[];
}
