import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ConversationState, WhenBusy } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { discard, outbox, send } from '../outbox.ts';
import { Away } from '../parts/icons.tsx';
import { hashOf, route } from '../route.ts';
import { useAnnouncements } from './announcements.ts';
import { Composer } from './composer.tsx';
import { Log } from './log.tsx';
import { StopMenu, useStop } from './stop.tsx';

export function Talk({ opened }: { opened: OpenedConversation }) {
  const { id, connection } = opened;
  const state = opened.state.value;
  const whenBusy = useSignal<WhenBusy>('interrupt');
  const stop = useStop(opened);
  useAnnouncements(state, opened.seqAtOpening.value);
  const own = outbox.value.filter(({ conversation }) => conversation === id);
  const arrived = own.filter(
    ({ message_id }) => message_id && state.messages.some((message) => message.id === message_id),
  );
  useEffect(() => arrived.forEach(({ key }) => discard(key)), [arrived.length]);
  const pending = own.filter((each) => !arrived.includes(each));
  const entry = route.value.view === 'talk' ? route.value.entry : undefined;
  return (
    <div class="talk">
      <Log opened={opened} pending={pending} to={entry} />
      {connection.value === 'lost' && (
        <p class="offline" role="status">
          <Away />
          No connection to the service. What you write is kept and sent once it is back.
        </p>
      )}
      {stop.failed && (
        <p class="offline wrong" role="alert">
          {stop.failed}
        </p>
      )}
      {state.status === 'closed' ? (
        <p class="closed-line">
          {closedWords(state)} <a href={hashOf({ view: 'new' })}>Start a new one</a>
        </p>
      ) : (
        <Composer
          conversation={id}
          label="Message"
          onSend={(text) => send({ conversation: id, text, when_busy: whenBusy.value })}
          onStop={() => state.reply && stop.now({ scope: 'reply' })}
        >
          <WhenBusyChoice value={whenBusy.value} onChange={(value) => (whenBusy.value = value)} />
          <StopMenu state={state} onStop={stop.now} />
        </Composer>
      )}
    </div>
  );
}

const WHEN_BUSY: Record<WhenBusy, string> = {
  interrupt: 'interrupts it',
  queue: 'waits its turn',
  rollback: 'takes its words back',
  reject: 'is not sent',
};

function WhenBusyChoice({ value, onChange }: { value: WhenBusy; onChange: (v: WhenBusy) => void }) {
  return (
    <label class="choice" title="What your message does to an agent that is speaking">
      <span>While it speaks, a message</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as WhenBusy)}>
        {Object.entries(WHEN_BUSY).map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function closedWords({ closed }: ConversationState): string {
  switch (closed?.why) {
    case undefined:
    case 'cancelled':
    case 'completed':
      return 'This conversation is closed.';
    case 'terminated':
      return 'An operator has ended this conversation.';
    default:
      return 'This conversation has ended because of a fault.';
  }
}
