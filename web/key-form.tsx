import { useState } from 'preact/hooks';
import { Mark } from './parts/mark.tsx';
import { keyWanted, changeKey } from './service.ts';

export function KeyForm() {
  const [key, setKey] = useState('');
  const isRefused = keyWanted.value === 'refused';
  const submit = (event: Event) => {
    event.preventDefault();
    // Pasted keys often bring a line break along.
    if (key.trim() !== '') changeKey(key.trim());
  };
  return (
    <main class="gate">
      <form class="card" onSubmit={submit}>
        <Mark />
        <h1>This service asks for an API key</h1>
        <p>The key stays in this tab and is forgotten when you close it.</p>
        <label for="api-key">API key</label>
        <input
          id="api-key"
          type="password"
          autocomplete="off"
          autofocus
          value={key}
          aria-invalid={isRefused}
          aria-describedby={isRefused ? 'key-refused' : undefined}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        {isRefused && (
          <p id="key-refused" class="wrong" role="alert">
            The service does not accept this key.
          </p>
        )}
        <button class="primary" type="submit" disabled={key.trim() === ''}>
          Continue
        </button>
      </form>
    </main>
  );
}
