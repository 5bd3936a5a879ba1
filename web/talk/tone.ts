import type { CallState } from '../../client/index.ts';

/** What the look of a call says of it. */
export function toneOf({ status, question }: Pick<CallState, 'status' | 'question'>): string {
  if (question) return 'asks';
  switch (status) {
    case 'awaiting_approval':
      return 'asks';
    case 'running':
      return 'live';
    case 'requested':
    case 'queued':
      return 'waits';
    case 'completed':
      return 'done';
    case 'failed':
      return 'bad';
    case 'cancelled':
    case 'denied':
    case 'dropped':
      return 'off';
  }
}
