/** The agent's own initiative, as the log tells of it (R12). */
import type { EntryOf } from '../../contract/entry.ts';
import { type Limits, TENANT_TOKENS_SPENT } from '../../contract/limits.ts';
import { broken } from './violation.ts';

/** Those that are reached whether it is quiet already or not. */
const ANYWAY = new Set(['max_replies_per_turn', 'max_tokens_per_tenant_per_day']);

export function createInitiativeAudit(limits: Limits) {
  const {
    unsolicited_per_minute: perMinute = Infinity,
    unsolicited_in_a_row: inARow = Infinity,
    max_tokens: tokens = Infinity,
  } = limits;
  /** When turns began that nobody asked for. */
  const began: number[] = [];
  /** Since the last message. */
  let row = 0;
  let spent = 0;
  /** The last reply was cut off by news. */
  let isCutIn = false;
  /** The last reply was not allowed to be asked for. */
  let isRefused = false;
  let isHushed = false;

  const freeAt = () => (began.length < perMinute ? 0 : began.at(-perMinute)! + 60_000);

  return {
    /** When the limit of a minute lets it speak. */
    freeAt,
    /** Nothing but a message makes it speak. */
    isHushed: () => isHushed,
    message(): void {
      row = 0;
      isHushed = false;
    },
    begins({ because, reply_id, at: time }: EntryOf<'reply.started'>): void {
      if (because === 'message') isHushed = false;
      if (because === 'news' || isCutIn) {
        const at = Date.parse(time);
        if (isHushed || row >= inARow || spent >= tokens || at < freeAt())
          throw broken('R12', `Nobody asked for ${reply_id}, and a limit is reached.`, at);
        began.push(at);
        row += 1;
      }
      isCutIn = false;
    },
    ends(entry: EntryOf<'reply.completed' | 'reply.interrupted' | 'reply.failed'>): void {
      isCutIn = entry.kind === 'reply.interrupted' && entry.by === 'event';
      isRefused = entry.kind === 'reply.failed' && entry.error.type === TENANT_TOKENS_SPENT;
      if (entry.kind === 'reply.completed')
        spent += entry.usage.input_tokens + entry.usage.output_tokens;
    },
    reached({ limit, at: time }: EntryOf<'limit.reached'>): void {
      const at = Date.parse(time);
      const isTrue = {
        unsolicited_per_minute: at < freeAt(),
        unsolicited_in_a_row: row >= inARow,
        max_tokens: spent >= tokens,
        max_tokens_per_tenant_per_day: isRefused,
        max_replies_per_turn: true,
      }[limit];
      if (!isTrue) throw broken('R12', `${limit} is not reached.`, at);
      if (isHushed && !ANYWAY.has(limit))
        throw broken('R12', `${limit} is reached, but it was quiet already.`, at);
      isHushed = limit !== 'unsolicited_per_minute';
    },
  };
}
