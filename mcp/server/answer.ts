/** The state and results of a question, a call or a wait, derived from the log. Pure: any process and connection gives the same answer. */
import type { Entry } from '../../contract/entry.ts';
import { createRest, goesOnAtOnce } from './rest.ts';
import { isOfCalls, readerOf, type Result, resultOf, resultOfCall } from './results.ts';

export interface Answer {
  /** `working` includes a message that the log does not have yet. */
  state: 'working' | 'over' | 'cancelled';
  /** The results from the message, or of the call, until the answer was over. */
  results: Result[];
  /** Time of the last entry that belongs to the answer. Undefined before the message is in the log. */
  at?: string;
}

export interface AskedMessage {
  message_id: string;
  /** The actor id of entries that cancel this question. */
  canceller: string;
}

/**
 * The answer to a message is over when the agent is at rest: it has replied, its calls have ended, and it has told their news.
 * @param isBusy whether the conversation is busy at the end of this log
 */
export function answerTo(
  { message_id, canceller }: AskedMessage,
  log: readonly Entry[],
  isBusy: boolean,
): Answer {
  const rest = createRest(log);
  const results: Result[] = [];
  let at: string | undefined;
  for (const [nth, entry] of log.entries()) {
    const isQuestion = entry.kind === 'message.user' && entry.message_id === message_id;
    if (at === undefined && !isQuestion) {
      if (entry.kind === 'conversation.closed')
        return { state: 'over', results: [resultOf(entry)!] };
      continue;
    }
    at = entry.at;
    rest.apply(entry);
    const result = resultOf(entry);
    if (result) results.push(result);
    if (STOPS.has(entry.kind) && entry.actor.id === canceller) {
      return { state: 'cancelled', results, at };
    }
    if (!rest.isReached() || goesOnAtOnce(log, nth)) continue;
    const isLast = nth === log.length - 1;
    if (!isLast || !isBusy) return { state: 'over', results, at };
  }
  return { state: 'working', results, ...(at !== undefined && { at }) };
}

const STOPS = new Set<Entry['kind']>([
  'reply.interrupted',
  'call.cancelled',
  'call.dropped',
  'conversation.closed',
]);

export interface Wanted {
  /** Results up to this one are known. */
  after: number;
  /** Seq of the last entry when the client began to wait. */
  from: number;
  /** It waits for results of these; what others have brought until then comes with them. Default: of all. */
  calls?: readonly string[];
}

/** What `firstAfter` needs of a `Look` besides the log. */
export interface At {
  isBusy: boolean;
  isExternal: boolean;
  head: { id: string; agent: string };
  told?: ReadonlySet<number>;
}

/** Over with the first result after the cursor, or without a result once the agent has come to rest since the client began to wait. */
export function firstAfter(
  { after, from, calls }: Wanted,
  log: readonly Entry[],
  { isBusy, isExternal, ...seen }: At,
): Answer {
  const rest = createRest(log, { isExternal });
  const read = readerOf({ log, ...seen });
  const results: Result[] = [];
  for (const [nth, entry] of log.entries()) {
    rest.apply(entry);
    const { seq, at } = entry;
    const result = seq > after ? read(entry) : undefined;
    if (result) results.push(result);
    if (result && isOfCalls(entry, calls)) return { state: 'over', results, at };
    if (seq < from || !rest.isReached() || goesOnAtOnce(log, nth)) continue;
    if (nth < log.length - 1 || !isBusy) return { state: 'over', results, at };
  }
  const at = log.at(-1)?.at;
  return { state: 'working', results: [], ...(at !== undefined && { at }) };
}

/** The state and results of one call of a client that has a model of its own. */
export function answerOfCall(
  { conversation, call_id }: { conversation: string; call_id: string },
  log: readonly Entry[],
): Answer {
  const results: Result[] = [];
  let at: string | undefined;
  for (const entry of log) {
    const isOfCall = 'call_id' in entry && entry.call_id === call_id;
    if (!isOfCall && entry.kind !== 'conversation.closed') continue;
    at = entry.at;
    const result = resultOfCall(entry, conversation);
    if (result) results.push(result);
    switch (entry.kind) {
      case 'call.completed':
      case 'call.failed':
      case 'call.denied':
        return { state: 'over', results, at };
      case 'call.cancelled':
      case 'conversation.closed':
        return { state: 'cancelled', results, at };
      default:
        break;
    }
  }
  return { state: 'working', results, ...(at !== undefined && { at }) };
}

/** Whether nothing more follows this log unless a message or a call is requested. */
export function isAtRest(
  log: readonly Entry[],
  { isBusy, isExternal }: Pick<At, 'isBusy' | 'isExternal'>,
): boolean {
  const rest = createRest(log, { isExternal });
  log.forEach(rest.apply);
  return rest.isReached() && !isBusy;
}
