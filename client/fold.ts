/**
 * Folds the stream of a conversation into the state that a user interface shows. The log decides: live text and live progress only
 * preview entries that follow. The same entries give the same state, however they are cut up, repeated or taken back.
 */
import type { Entry } from '../contract/entry.ts';
import { createCalls } from './fold-calls.ts';
import { createMessages } from './fold-messages.ts';
import type { ConversationState } from './state.ts';
import type { StreamItem } from './stream.ts';

export interface Fold {
  apply(item: StreamItem): void;
  /** The same object until something changes. */
  state(): ConversationState;
}

/** The state after these items. */
export function foldOf(items: Iterable<StreamItem>): ConversationState {
  const fold = createFold();
  for (const item of items) fold.apply(item);
  return fold.state();
}

export function createFold(): Fold {
  let entries: Entry[] = [];
  let messages = createMessages();
  let calls = createCalls();
  let limit: ConversationState['limit'];
  let closed: ConversationState['closed'];
  let snapshot: ConversationState | undefined;

  function add(entry: Entry): void {
    const last = entries.at(-1)?.seq;
    // A repeat, or an entry that another reader of the same conversation has not reached yet.
    if (last !== undefined && entry.seq !== last + 1) return;
    entries.push(entry);
    messages.add(entry);
    calls.add(entry);
    if (entry.kind === 'limit.reached') {
      limit = { limit: entry.limit, value: entry.value, at: entry.at };
    } else if (entry.kind === 'message.user' || entry.kind === 'reply.started') limit = undefined;
    else if (entry.kind === 'conversation.closed') {
      closed = { at: entry.at, ...(entry.why && { why: entry.why }) };
    }
  }

  /** Folds the kept entries again, so that nothing of the others remains. */
  function rewind(to: number): void {
    const kept = entries.filter(({ seq }) => seq <= to);
    entries = [];
    messages = createMessages();
    calls = createCalls();
    limit = undefined;
    closed = undefined;
    for (const entry of kept) add(entry);
  }

  function take(): ConversationState {
    const all = calls.all();
    const reply = messages.reply();
    return {
      status: closed ? 'closed' : reply ? 'replying' : 'idle',
      seq: entries.at(-1)?.seq ?? 0,
      messages: messages.all(),
      reply,
      calls: all,
      open: all.filter(({ ended_at }) => ended_at === undefined),
      approvals: all.filter(({ status }) => status === 'awaiting_approval'),
      questions: all.filter(({ question }) => question !== undefined),
      suspended: all.filter(({ suspended }) => suspended !== undefined),
      limit,
      closed,
      entries: [...entries],
    };
  }

  return {
    apply(item) {
      snapshot = undefined;
      if (item.type === 'entry') add(item.data);
      else if (item.type === 'rewind') rewind(item.data.to);
      else if (item.type === 'delta') messages.applyDelta(item.data);
      else calls.applyProgress(item.data);
    },
    state: () => (snapshot ??= take()),
  };
}
