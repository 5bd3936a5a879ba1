/** The places where a worker of a chaos run can be made to stand still, and what it and its parent tell each other of them. */
export const PLACES = {
  'the model streams': 'a part of a reply has been shown, and more is coming',
  'checkpoint, no signal': 'a tool has passed a checkpoint, and its event has not been sent',
  'signal, no heartbeat': 'an event has been sent, and no heartbeat has recorded it',
  'sent, not recorded': 'an event has been sent, and no worker is left to record it',
  'recorded, not committed':
    'entries are in the log, their task is not committed, and a message arrives',
  'continue as new': 'a run has decided to continue as new, and Temporal does not know it yet',
} as const;

export type Place = keyof typeof PLACES;

/** `arm`: stand still at this place when one of them is reached. `go`: it may go on, as far as it is alive. */
export type ToWorker = { type: 'arm'; place: Place } | { type: 'disarm'; place: Place } | GoOn;

interface GoOn {
  type: 'go';
}

/** `reached`: the worker stands still there, until it is told to go on or a few seconds have passed. */
export type FromWorker = { type: 'ready' } | Reached;

export interface Reached {
  type: 'reached';
  place: Place;
  conversation: string;
}
