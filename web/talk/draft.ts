/** Unsent text by conversation. It survives a switch to another conversation, and a reload of the tab. */
import { effect, signal, type Signal } from '@preact/signals';

const drafts = new Map<string, Signal<string>>();

export function draft(conversation = 'new'): Signal<string> {
  const known = drafts.get(conversation);
  if (known) return known;
  const stored = `meanwhile.draft.${conversation}`;
  const made = signal(sessionStorage.getItem(stored) ?? '');
  effect(() => {
    if (made.value === '') sessionStorage.removeItem(stored);
    else sessionStorage.setItem(stored, made.value);
  });
  drafts.set(conversation, made);
  return made;
}
