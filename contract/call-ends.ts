import type { Entry, EntryKind, EntryOf } from './entry.ts';

/** The entries that end a call: each call has exactly one of them, and it is the call's last (R13). */
export const CALL_ENDS = [
  'call.completed',
  'call.failed',
  'call.cancelled',
  'call.denied',
  'call.dropped',
] as const satisfies EntryKind[];

export type CallEndEntry = EntryOf<(typeof CALL_ENDS)[number]>;

export const isCallEnd = (entry: Entry): entry is CallEndEntry =>
  CALL_ENDS.some((kind) => kind === entry.kind);
