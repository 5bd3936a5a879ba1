/** The conversation that is open: followed from its first entry, across lost connections, until another one is opened. */
import { effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { type Conversation, type ConversationState, type Meanwhile } from '../client/index.ts';
import { begun } from './outbox.ts';
import { perFrame } from './parts/per-frame.ts';
import { route } from './route.ts';
import { askForKeyIfNeeded, meanwhile } from './service.ts';

export interface OpenedConversation {
  id: string;
  conversation: Conversation;
  state: ReadonlySignal<ConversationState>;
  /** `loading`: the log has not arrived yet. */
  connection: ReadonlySignal<'loading' | 'open' | 'lost'>;
  /** Seq of the last entry when it was opened; 0 if this page has begun it. Undefined until the service has said it. */
  seqAtOpening: ReadonlySignal<number | undefined>;
  /** An error that no retry helps against, such as a wrong id. */
  trouble: ReadonlySignal<unknown>;
  stop(): void;
}

export const opened = signal<OpenedConversation | undefined>(undefined);

/** The client with which each conversation was opened. Another API key means another client. */
const clientOf = new WeakMap<OpenedConversation, Meanwhile>();

effect(() => {
  const client = meanwhile.value;
  const id = route.value.view === 'new' ? undefined : route.value.id;
  untracked(() => {
    const now = opened.value;
    if (now?.id === id && now?.conversation && clientOf.get(now) === client) return;
    now?.stop();
    opened.value = id === undefined ? undefined : open(client, id);
  });
});

function open(client: Meanwhile, id: string): OpenedConversation {
  const conversation = client.conversations.open(id);
  const state = signal(conversation.state());
  const connection = signal<'loading' | 'open' | 'lost'>('loading');
  const seqAtOpening = signal(begun.delete(id) ? 0 : undefined);
  const trouble = signal<unknown>(undefined);
  const ending = new AbortController();
  let attempt = new AbortController();
  const show = perFrame(() => {
    state.value = conversation.state();
    if (connection.value === 'loading') connection.value = 'open';
  });

  /** If this fails, it is repeated with the next connection. */
  function askForSeq(): void {
    if (seqAtOpening.value !== undefined) return;
    conversation.head({ signal: ending.signal }).then(
      ({ last_seq }) => (seqAtOpening.value ??= last_seq),
      () => {},
    );
  }

  async function follow(): Promise<void> {
    let after: string | undefined;
    while (!ending.signal.aborted) {
      attempt = new AbortController();
      const { signal } = attempt;
      const items = conversation.follow({
        signal,
        after,
        onConnection: ({ status }) => {
          if (status === 'open') askForSeq();
          if (status === 'lost') connection.value = 'lost';
          else if (connection.value === 'lost') connection.value = 'open';
          else show();
        },
      });
      for await (const item of items) {
        if ('id' in item) after = item.id;
        show();
      }
      // The stream has ended by itself: the conversation is closed.
      if (!signal.aborted) return;
    }
  }

  /** Ends the current attempt, so that the next one begins at once. */
  const reconnect = () => attempt.abort();
  const onOffline = () => {
    connection.value = 'lost';
    reconnect();
  };
  const onVisible = () => {
    if (document.visibilityState === 'visible' && connection.value === 'lost') reconnect();
  };
  const listen = { signal: ending.signal };
  addEventListener('online', reconnect, listen);
  addEventListener('offline', onOffline, listen);
  document.addEventListener('visibilitychange', onVisible, listen);

  follow().catch((error: unknown) => {
    if (!askForKeyIfNeeded(error)) trouble.value = error;
  });
  const made: OpenedConversation = {
    ...{ id, conversation, state, connection, seqAtOpening, trouble },
    stop() {
      ending.abort();
      attempt.abort();
    },
  };
  clientOf.set(made, client);
  return made;
}
