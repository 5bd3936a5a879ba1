/** A conversation in a terminal: its printed blocks, its state, and the messages that are not in the log yet. */
import {
  type Conversation,
  type ConversationState,
  createFold,
  type Entry,
  type Meanwhile,
  type RequestOptions,
  type StreamItem,
} from '../../client/index.ts';
import { type Block, createBlocks } from './blocks.ts';
import { reasonOf } from './reason.ts';

export interface SessionView {
  /** Everything to print for good, in order; only ever grows. */
  blocks: readonly Block[];
  state: ConversationState;
  /** Messages that are not in the log yet. They are sent in this order. */
  unsent: readonly Unsent[];
  /** Whether the log has been read up to its end at the time of the start. */
  caughtUp: boolean;
  /** Why the connection is lost. Undefined while the service answers. */
  lost: string | undefined;
  /** Set when the conversation can no longer be followed. */
  over: { error?: Error } | undefined;
}

export interface Unsent {
  text: string;
  /** Set once the service has accepted it: its message id, or `first` for the message that begins a conversation. */
  accepted?: string;
}

export interface ChatSession {
  /** Undefined until the first message of a new conversation was accepted. */
  readonly id: string | undefined;
  view(): SessionView;
  subscribe(listener: () => void): () => void;
  /** Sends the message once, after earlier ones, retrying until the service answers. Resolves when it is accepted or refused. */
  say(text: string, options?: { queue?: boolean }): Promise<void>;
  /** Prints a block that does not come from the log. */
  show(block: Block): void;
  /** @throws Error if the conversation has not begun yet */
  conversation(): Conversation;
  close(): void;
}

export interface SessionOptions {
  client: Meanwhile;
  /** The conversation to continue, and the seq of its newest entry. Default: a new one, which begins with the first message. */
  resume?: { conversation: Conversation; last_seq: number };
  /** Agent of a new conversation. */
  agent?: string;
  /** The most blocks that are shown of a resumed conversation's past. */
  most_blocks?: number;
  /** Called with each item of the stream. */
  onItem?: (item: StreamItem) => void;
  /** Called with the id once the conversation is known: at the start, or after the first message of a new one. */
  onBegin?: (id: string) => void;
}

export function createSession(options: SessionOptions): ChatSession {
  const { client, agent, resume, most_blocks = 200, onItem, onBegin } = options;
  const stop = new AbortController();
  const listeners = new Set<() => void>();
  let conversation: Conversation | undefined;
  let entries = createBlocks();
  let view: SessionView = {
    blocks: [],
    state: createFold().state(),
    unsent: [],
    caughtUp: resume === undefined,
    lost: undefined,
    over: undefined,
  };
  let sending: Promise<unknown> = Promise.resolve();

  function change(more: Partial<SessionView>): void {
    view = { ...view, ...more };
    for (const listener of listeners) listener();
  }

  /** Removes the messages that the log has. */
  function withoutLogged(
    unsent: readonly Unsent[],
    { messages }: ConversationState,
  ): readonly Unsent[] {
    const said = messages.filter(({ from }) => from === 'user');
    const isSaid = ({ accepted }: Unsent) =>
      accepted === 'first' ? said.length > 0 : said.some(({ id }) => id === accepted);
    return unsent.some(isSaid) ? unsent.filter((one) => !isSaid(one)) : unsent;
  }

  const show = (block: Block) => change({ blocks: [...view.blocks, block] });

  function take(item: StreamItem, state: ConversationState): void {
    if (item.type === 'rewind') {
      replay(state.entries);
      show({
        kind: 'notice',
        text: 'The last entries were withdrawn by the service and follow again.',
      });
    }
    const block = item.type === 'entry' ? entries.add(item.data) : undefined;
    const unsent = withoutLogged(view.unsent, state);
    change({ state, unsent, ...(block && { blocks: [...view.blocks, block] }) });
    onItem?.(item);
  }

  function replay(kept: readonly Entry[]): Block[] {
    entries = createBlocks();
    return kept.flatMap((entry) => entries.add(entry) ?? []);
  }

  /** Prints the past at once, limited to its last `most_blocks` blocks. */
  function recall(blocks: Block[], state: ConversationState): void {
    const left = blocks.length - most_blocks;
    const note: Block[] =
      left > 0 ? [{ kind: 'notice', text: `… ${left} earlier lines are not shown.` }] : [];
    change({
      state,
      caughtUp: true,
      blocks: [...view.blocks, ...note, ...blocks.slice(-most_blocks)],
    });
  }

  async function follow(known: Conversation, past: number): Promise<void> {
    let recalled: Block[] = [];
    let isPast = past > 0;
    const { signal } = stop;
    const onConnection = (connection: { status: string; error?: unknown }) => {
      if (connection.status === 'open') return change({ lost: undefined });
      const { error } = connection;
      change({ lost: error instanceof Error ? error.message : 'The service is stopping.' });
    };
    for await (const item of known.follow({ signal, onConnection })) {
      if (!isPast) {
        take(item, known.state());
        continue;
      }
      onItem?.(item);
      if (item.type === 'rewind') recalled = replay(known.state().entries);
      if (item.type !== 'entry') continue;
      const block = entries.add(item.data);
      if (block) recalled.push(block);
      isPast = item.data.seq < past;
      if (!isPast) recall(recalled, known.state());
    }
  }

  function begin(known: Conversation, past: number): void {
    conversation = known;
    if (past === 0) change({ caughtUp: true });
    onBegin?.(known.id);
    follow(known, past).then(
      () => change({ over: {} }),
      (error: unknown) => change({ over: { error: error as Error } }),
    );
  }

  async function send(message: Unsent, queue: boolean): Promise<void> {
    const { text } = message;
    const forever = { signal: stop.signal, maxRetries: Infinity };
    try {
      const accepted = conversation
        ? await conversation.send({ text, ...(queue && { when_busy: 'queue' }) }, forever)
        : await create(text, forever);
      const unsent = view.unsent.map((one) =>
        one === message ? { text, accepted: accepted.message_id } : one,
      );
      change({ unsent: withoutLogged(unsent, view.state) });
    } catch (error) {
      if (stop.signal.aborted) return;
      change({ unsent: view.unsent.filter((one) => one !== message) });
      show({ kind: 'problem', text: `"${text}" was not accepted: ${reasonOf(error)}` });
    }
  }

  async function create(text: string, forever: RequestOptions): Promise<{ message_id: string }> {
    const message = { text };
    begin(await client.conversations.create({ ...(agent && { agent }), message }, forever), 0);
    return { message_id: 'first' };
  }

  if (resume) begin(resume.conversation, resume.last_seq);

  return {
    get id() {
      return conversation?.id;
    },
    view: () => view,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    say(text, { queue = false } = {}) {
      const message = { text };
      change({ unsent: [...view.unsent, message] });
      const sent = sending.then(() => send(message, queue));
      sending = sent;
      return sent;
    },
    show,
    conversation() {
      if (!conversation) throw new Error('The conversation begins with your first message.');
      return conversation;
    },
    close: () => stop.abort(),
  };
}
