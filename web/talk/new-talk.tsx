import { useSignal } from '@preact/signals';
import { outbox, send } from '../outbox.ts';
import { agents, service } from '../service.ts';
import { Composer } from './composer.tsx';
import { Pending } from './pending.tsx';

/** Messages that the demo model understands. */
const TO_TRY = [
  'run the installer and update me every 25%',
  'install alpha, beta and gamma, tell me only at the end',
  'what is a signal in Temporal?',
];

export function NewTalk() {
  const agent = useSignal<string | undefined>(undefined);
  const waiting = outbox.value.filter(({ conversation }) => conversation === undefined);
  const isDemo = service.value?.demo_model === true;
  return (
    <div class="talk">
      <div class="empty">
        <h1>It keeps talking while its tools run</h1>
        <p>
          Ask for something that takes a while. Go on talking, interrupt, or cancel: the agent
          reports by itself when there is news.
        </p>
        {isDemo && (
          <>
            <p class="small">
              A scripted demo model answers here. It is not an AI and follows fixed rules. Try one
              of these:
            </p>
            <ul class="to-try">
              {TO_TRY.map((text) => (
                <li key={text}>
                  <button onClick={() => send({ text, when_busy: 'interrupt' })}>{text}</button>
                </li>
              ))}
            </ul>
          </>
        )}
        {waiting.map((each) => (
          <Pending key={each.key} outgoing={each} />
        ))}
      </div>
      <Composer
        label="Message that begins a conversation"
        onSend={(text) => send({ text, when_busy: 'interrupt', agent: agent.value })}
      >
        {agents.value.length > 1 && (
          <label class="choice">
            Agent
            <select
              value={agent.value ?? 'default'}
              onChange={(event) => (agent.value = event.currentTarget.value)}
            >
              {agents.value.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
      </Composer>
    </div>
  );
}
