/** Turns the entries of a log into printed blocks of text: one for each entry, or none. */
import type { Entry, EntryOf } from '../../client/index.ts';
import { CANCEL_TOOL } from '../../contract/names.ts';
import { elapsed, inWords, nameOf } from './call-words.ts';
import { clean, oneLine } from './clean.ts';

export interface Block {
  /** Who said it (`user`, `agent`), news of a call, another notice, or an error (`problem`). */
  kind: 'user' | 'agent' | 'call' | 'notice' | 'problem';
  text: string;
  /** A remark in a few words, printed after the text. */
  note?: string;
}

export interface Blocks {
  add(entry: Entry): Block | undefined;
}

/** Needs every entry, in order: a block may use what earlier entries say. */
export function createBlocks(): Blocks {
  const calls = new Map<string, { name: string; tool: string; at: string }>();
  const unasked = new Map<string, string>();
  const nameOfCall = (id: string) => calls.get(id)?.name ?? id;
  /** Readers know a call by its tool and input, not by its id. */
  const named = (reason: string) => reason.replaceAll(/\bcall_[\w-]+/g, nameOfCall);
  const isHidden = (id: string) => calls.get(id)?.tool === CANCEL_TOOL;

  const ofCall = (id: string, mark: string, text: string): Block | undefined =>
    isHidden(id) ? undefined : { kind: 'call', text: `${mark} ${nameOfCall(id)} ${text}`.trim() };

  return {
    add(entry) {
      switch (entry.kind) {
        case 'message.user': {
          const { id } = entry.actor;
          const text = clean(entry.text);
          return { kind: 'user', text, ...(id !== 'user' && { note: oneLine(id, 40) }) };
        }
        case 'reply.started':
          if (entry.because === 'news')
            unasked.set(entry.reply_id, oneLine(named(entry.reason), 120));
          return undefined;
        case 'reply.completed':
          return words(entry.text, after('unasked: ', unasked.get(entry.reply_id)));
        case 'reply.interrupted':
          return words(entry.text, CUT_OFF[entry.by], '…');
        case 'reply.failed': {
          const text = `The agent could not answer: ${clean(entry.error.message)}`;
          return { kind: 'problem', text };
        }
        case 'call.requested': {
          const { call_id, tool, input, at } = entry;
          calls.set(call_id, { name: nameOf({ tool, input }), tool, at });
          return undefined;
        }
        case 'call.started':
          calls.set(entry.call_id, { ...calls.get(entry.call_id)!, at: entry.at });
          return ofCall(entry.call_id, '▸', 'started');
        case 'call.queued':
          return ofCall(entry.call_id, '▹', `is queued, place ${entry.position}`);
        case 'call.awaiting_approval':
          return ofCall(entry.call_id, '?', `waits for approval: ${oneLine(entry.why, 200)}`);
        case 'call.approved':
          return ofCall(entry.call_id, '✓', `was approved by ${oneLine(entry.actor.id, 40)}`);
        case 'call.answered':
          return ofCall(entry.call_id, ...answerInWords(entry));
        case 'call.denied':
          return ofCall(entry.call_id, '✗', `was denied${after(': ', entry.reason)}`);
        case 'call.dropped':
          return ofCall(entry.call_id, '·', `was not started: ${oneLine(entry.why, 120)}`);
        case 'call.event': {
          if (entry.event === 'progress') return undefined;
          const data = entry.stored
            ? `${Math.ceil(entry.stored.bytes / 1_000)} kB, stored separately`
            : oneLine(inWords(entry.data), 160);
          return ofCall(entry.call_id, '·', data);
        }
        case 'call.completed': {
          const from = calls.get(entry.call_id)?.at ?? entry.at;
          const took = elapsed(from, Date.parse(entry.at));
          return ofCall(entry.call_id, '✓', `completed after ${took}`);
        }
        case 'call.failed':
          return ofCall(entry.call_id, '✗', `failed: ${oneLine(entry.error.message, 300)}`);
        case 'call.cancelled':
          return ofCall(entry.call_id, '✗', `was cancelled by the ${oneLine(entry.by, 40)}`);
        case 'limit.reached': {
          const text = `The agent keeps quiet now: ${entry.limit} (${entry.value}) is reached. /why says more.`;
          return { kind: 'notice', text };
        }
        case 'conversation.reset':
          return {
            kind: 'notice',
            text: `An operator reset the conversation${after(': ', entry.reason)}.`,
          };
        case 'conversation.closed':
          return {
            kind: 'notice',
            text: `The conversation is closed${entry.why ? ` (${entry.why})` : ''}.`,
          };
        case 'summary':
        case 'summary.failed':
        case 'receipt':
        case 'signal.dropped':
          return undefined;
        default:
          entry satisfies never;
          return undefined;
      }
    },
  };
}

function answerInWords({ action, actor }: EntryOf<'call.answered'>): [mark: string, text: string] {
  const by = `by ${oneLine(actor.id, 40)}`;
  switch (action) {
    case 'accept':
      return ['✓', `was answered ${by}`];
    case 'decline':
      return ['✗', `was refused an answer ${by}`];
    case 'cancel':
      return ['·', 'got no answer'];
  }
}

const CUT_OFF = {
  message: 'cut off by your message',
  event: 'cut off by news',
  request: 'interrupted',
  close: 'cut off by the end of the conversation',
} as const;

/** Replies that only request calls say nothing. */
function words(text: string, note: string | undefined, ifSilent?: string): Block | undefined {
  const shown = clean(text).trim() || ifSilent;
  return shown ? { kind: 'agent', text: shown, ...(note && { note }) } : undefined;
}

/** The prefix with the reason, or nothing where there is none. */
const after = (prefix: string, reason: string | undefined) =>
  reason ? `${prefix}${oneLine(reason, 120)}` : '';
