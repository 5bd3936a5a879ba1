/** Announcements for screen readers, one at a time: whole messages, and calls that need a person. Live text is not announced word by word. */
import { signal } from '@preact/signals';

const spoken = signal('');

export function announce(words: string): void {
  // The same words again would not be announced.
  spoken.value = spoken.peek() === words ? `${words} ` : words;
}

export const Announcer = () => (
  <div class="unseen" role="status" aria-live="polite">
    {spoken}
  </div>
);
