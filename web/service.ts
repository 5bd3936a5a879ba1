/** The service that serves this page, and the key that it may ask for. */
import { computed, effect, signal } from '@preact/signals';
import {
  AuthenticationError,
  Meanwhile,
  PermissionDeniedError,
  type ServiceInfo,
} from '../client/index.ts';

const STORED = 'meanwhile.key';

/** Kept for this tab only, until it is closed. */
export const apiKey = signal(sessionStorage.getItem(STORED) ?? undefined);

/** `refused`: the key that was given is not accepted. */
export const keyWanted = signal<'no' | 'yes' | 'refused'>('no');

export const meanwhile = computed(
  () => new Meanwhile({ apiKey: apiKey.value, baseURL: new URL('.', location.href).href }),
);

/** Undefined until the service has answered. */
export const service = signal<ServiceInfo | undefined>(undefined);
export const agents = signal<readonly string[]>([]);

effect(() => {
  const client = meanwhile.value;
  const answers = Promise.all([client.service(), client.agents()]);
  answers.then(
    ([info, list]) => {
      if (client !== meanwhile.peek()) return;
      service.value = info;
      agents.value = list.agents.map(({ name }) => name);
      keyWanted.value = 'no';
    },
    (error: unknown) => {
      if (client !== meanwhile.peek() || askForKeyIfNeeded(error)) return;
      // A key for a single conversation may not ask this, but it is accepted.
      if (error instanceof PermissionDeniedError) keyWanted.value = 'no';
    },
  );
});

/** Shows the form for a key if the error says that one is needed. @returns whether it does */
export function askForKeyIfNeeded(error: unknown): boolean {
  if (!(error instanceof AuthenticationError)) return false;
  keyWanted.value = apiKey.peek() === undefined ? 'yes' : 'refused';
  return true;
}

/** @param key undefined: the stored key is forgotten */
export function changeKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, key);
  apiKey.value = key;
}
