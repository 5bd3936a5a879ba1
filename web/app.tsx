import { signal, useSignalEffect } from '@preact/signals';
import { CallsPanel } from './calls/panel.tsx';
import { KeyForm } from './key-form.tsx';
import { Sidebar } from './list/sidebar.tsx';
import { titles } from './list/titles.ts';
import { type OpenedConversation, opened } from './opened.ts';
import { Announcer } from './parts/announce.tsx';
import { route } from './route.ts';
import { keyWanted } from './service.ts';
import { Header } from './talk/header.tsx';
import { NewTalk } from './talk/new-talk.tsx';
import { Talk } from './talk/talk.tsx';
import { Trouble } from './talk/trouble.tsx';
import { Why } from './why/why.tsx';

/** Only for narrow screens, where the list covers the rest of the page. */
export const isListOpen = signal(false);

export function App() {
  useSignalEffect(() => {
    void route.value;
    isListOpen.value = false;
  });
  useSignalEffect(() => {
    document.title = tabTitle(opened.value);
  });
  if (keyWanted.value !== 'no') return <KeyForm />;
  const open = opened.value;
  const { view } = route.value;
  return (
    <div class={`app ${isListOpen.value ? 'list-open' : ''}`}>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the conversation
      </a>
      <Sidebar onClose={() => (isListOpen.value = false)} />
      <main class="main" id="main" tabIndex={-1}>
        <Header opened={open} onMenu={() => (isListOpen.value = !isListOpen.value)} />
        {open === undefined ? (
          <NewTalk />
        ) : open.trouble.value !== undefined ? (
          <Trouble error={open.trouble.value} />
        ) : view === 'why' ? (
          <Why key={open.id} opened={open} />
        ) : (
          <Talk key={open.id} opened={open} />
        )}
      </main>
      {open && open.trouble.value === undefined && view === 'talk' && (
        <CallsPanel key={open.id} opened={open} />
      )}
      <Announcer />
    </div>
  );
}

/** The title of the browser's tab shows what the agent does. */
function tabTitle(open: OpenedConversation | undefined): string {
  if (!open) return 'Meanwhile';
  const { approvals, questions, open: calls, reply } = open.state.value;
  const title = titles.value.get(open.id) ?? 'Conversation';
  const state =
    approvals.length + questions.length > 0 ? '(!) ' : reply || calls.length > 0 ? '… ' : '';
  return `${state}${title} · Meanwhile`;
}

/** Moves the focus without following the link: the address says what is shown. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('textarea, main')?.focus();
}
