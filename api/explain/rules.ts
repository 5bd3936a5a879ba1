/** Names the rules of turn-taking (docs/rules.md) behind the entries of a log, each with the case that applied. */
import type { Entry, EntryOf } from '../../contract/entry.ts';

/** @param told the entries that the reply reports */
export function rulesOfStart({ because }: EntryOf<'reply.started'>, told: Entry[]): string[] {
  switch (because) {
    case 'message':
      return ['R2 message'];
    case 'results':
      return ['R11 same turn'];
    case 'news':
      return told.some(isUrgent)
        ? ['R5 interrupt', 'R12 within limits']
        : ['R5 when_idle', 'R6 quiet window', 'R12 within limits'];
  }
}

export function ruleOfInterruption({ by, rolled_back }: EntryOf<'reply.interrupted'>): string {
  switch (by) {
    case 'message':
      return rolled_back ? 'R2 rollback' : 'R2 interrupt';
    case 'request':
      return 'R2 interrupt';
    case 'event':
      return 'R5 interrupt';
    case 'close':
      return 'R15 closing';
  }
}

/** Undefined when no rule is behind what happened to the call. */
export function ruleOfCall(entry: Entry): string | undefined {
  switch (entry.kind) {
    case 'call.dropped':
      return 'R3 dropped';
    case 'call.queued':
      return 'R9 queued';
    case 'call.failed':
      return entry.error.type === 'Duplicate' ? 'R10 reject' : undefined;
    default:
      return undefined;
  }
}

export const ruleOfLimit = ({ limit }: EntryOf<'limit.reached'>): string =>
  limit === 'max_replies_per_turn' ? 'R11 replies in a turn' : `R12 ${limit}`;

const isUrgent = (entry: Entry) => entry.kind === 'call.event' && entry.schedule === 'interrupt';
