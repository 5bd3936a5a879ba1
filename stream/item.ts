/** The items that a reader of a conversation gets, in order. */
import type { Entry } from '../contract/entry.ts';
import type { DeltaData, ProgressData } from '../contract/stream-event.ts';

/**
 * A reader's position: it has the log up to `after`, as it was at `revision`. On the wire it is written `<after>.<revision>`,
 * as the id of an event.
 */
export interface Position {
  after: number;
  revision: number;
}

export type ReaderItem = ReaderEntry | ReaderRewind | Delta | LiveProgress;

export interface ReaderEntry {
  type: 'entry';
  entry: Entry;
  position: Position;
}

/** Forget every entry after `position.after`, and the text of a reply in flight; both follow again. */
export interface ReaderRewind {
  type: 'rewind';
  position: Position;
}

/** More text of a reply in flight. */
export interface Delta extends DeltaData {
  type: 'delta';
}

export interface LiveProgress extends ProgressData {
  type: 'progress';
}

export const START: Position = { after: 0, revision: 0 };

export const formatPosition = ({ after, revision }: Position) => `${after}.${revision}`;

/** Matches a position without leading zeros, whose numbers fit into 32-bit integers. */
export const POSITION_PATTERN = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

/** Undefined when the text is not a position. */
export function parsePosition(text: string): Position | undefined {
  const parts = POSITION_PATTERN.exec(text);
  return parts ? { after: Number(parts[1]), revision: Number(parts[2]) } : undefined;
}
