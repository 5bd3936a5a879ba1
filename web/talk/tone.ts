import type { CallState } from '../../client/index.ts';

/** The CSS class that shows the state of a call. */
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
