import { noteOf } from '../../tools/mcp-spool.ts';
import type { WireProgress } from './wire.ts';

/** A server may count in any unit. Without a total there is no percentage, and the count becomes the note. */
export function percentAndNote({ progress, total, message }: WireProgress): {
  percent?: number;
  note?: string;
} {
  const isShare = total !== undefined && total > 0;
  const note = message ?? (isShare || progress === 0 ? undefined : `${progress}`);
  return {
    ...(isShare && { percent: (100 * progress) / total }),
    ...(note !== undefined && { note: noteOf(note) }),
  };
}
