import { signal, useSignalEffect } from '@preact/signals';
import { CallsPanel } from './calls/panel.tsx';
import { KeyForm } from './key-form.tsx';
import { Sidebar } from './list/sidebar.tsx';
import { opened } from './opened.ts';
import { Announcer } from './parts/announce.tsx';
import { route } from './route.ts';
import { keyWanted } from './service.ts';
import { Header } from './talk/header.tsx';
import { NewTalk } from './talk/new-talk.tsx';
import { Talk } from './talk/talk.tsx';
import { Trouble } from './talk/trouble.tsx';
import { Why } from './why/why.tsx';

/** On a narrow screen the list lies over the rest. */
export const isListOpen = signal(false);

export function App() {
  useSignalEffect(() => {
    void route.value;
    isListOpen.value = false;
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

/** The address says what is shown, so it stays. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('textarea, main')?.focus();
}
