import { useState } from 'preact/hooks';
import type { CallState } from '../../client/index.ts';
import { titles } from '../list/titles.ts';
import type { OpenedConversation } from '../opened.ts';
import { Menu } from '../parts/icons.tsx';
import { Mark } from '../parts/mark.tsx';
import { hashOf, route } from '../route.ts';
import { service } from '../service.ts';
import { Popup } from '../parts/popup.tsx';

export function Header({
  opened,
  onMenu,
}: {
  opened: OpenedConversation | undefined;
  onMenu: () => void;
}) {
  return (
    <header class={`header ${opened ? '' : 'bare'}`}>
      <button class="quiet icon-only narrow-only" onClick={onMenu} aria-label="Conversations">
        <Menu />
      </button>
      {opened ? (
        <ConversationHeader opened={opened} />
      ) : (
        <span class="narrow-only">
          <Mark />
        </span>
      )}
    </header>
  );
}

function ConversationHeader({ opened }: { opened: OpenedConversation }) {
  const { id } = opened;
  const view = route.value.view;
  const said = opened.state.value.messages.find(({ from }) => from === 'user')?.text;
  return (
    <>
      <div class="title">
        <h1>{titles.value.get(id) ?? said ?? 'Conversation'}</h1>
        <Status opened={opened} />
      </div>
      <nav class="switch" aria-label="View">
        <a href={hashOf({ view: 'talk', id })} aria-current={view === 'talk' ? 'page' : undefined}>
          Talk
        </a>
        <a href={hashOf({ view: 'why', id })} aria-current={view === 'why' ? 'page' : undefined}>
          Timeline
        </a>
      </nav>
      <More opened={opened} />
    </>
  );
}

function Status({ opened: { state, connection } }: { opened: OpenedConversation }) {
  const { status, open, approvals, questions, limit } = state.value;
  if (connection.value === 'lost') return <span class="status lost">reconnecting</span>;
  if (connection.value === 'loading') return <span class="status">loading</span>;
  if (status === 'closed') return <span class="status">closed</span>;
  if (approvals.length + questions.length > 0) return <span class="status asks">needs you</span>;
  if (status === 'replying') return <span class="status live">speaking</span>;
  if (limit) return <span class="status asks">waiting for you</span>;
  if (open.length > 0) return <span class="status live">{openWords(open)}</span>;
  return <span class="status">idle</span>;
}

function openWords(open: readonly CallState[]): string {
  const running = open.filter((call) => call.status === 'running').length;
  return running > 0 ? `${running} running` : `${open.length} waiting`;
}

function More({ opened: { id, conversation, state } }: { opened: OpenedConversation }) {
  const [failed, setFailed] = useState<string>();
  const ui = service.value?.temporal_ui;
  const close = () => {
    if (!confirm('Close this conversation for good? Its calls are cancelled.')) return;
    conversation.close().catch((error: Error) => setFailed(error.message));
  };
  return (
    <Popup label="More" kind="quiet icon-only" content="⋯">
      <button onClick={() => void navigator.clipboard.writeText(id)}>Copy its id</button>
      {ui && (
        <a href={ui.conversation + id} target="_blank" rel="noopener noreferrer">
          Open in the Temporal UI
        </a>
      )}
      {state.value.status !== 'closed' && <button onClick={close}>Close the conversation …</button>}
      {failed && <p class="wrong">{failed}</p>}
    </Popup>
  );
}
