/** The address says what the page shows. `#/conv_1` is a conversation; `#/conv_1/why/3` is the turn in its timeline to which entry 3 belongs. */
import { signal } from '@preact/signals';

export type Route =
  | { view: 'new' }
  /** `entry`: the seq to scroll to. */
  | { view: 'talk'; id: string; entry?: number }
  /** `entry`: a seq, whose turn is shown. */
  | { view: 'why'; id: string; entry?: number };

export function readRoute(hash: string): Route {
  const [, id = '', second, third] = hash.replace(/^#/, '').split('/');
  if (id === '') return { view: 'new' };
  const name = decode(id);
  if (second === 'why') return { view: 'why', id: name, entry: positive(third) };
  return { view: 'talk', id: name, entry: positive(second) };
}

export function hashOf(route: Route): string {
  switch (route.view) {
    case 'new':
      return '#/';
    case 'talk':
      return `#/${encodeURIComponent(route.id)}${route.entry ? `/${route.entry}` : ''}`;
    case 'why':
      return `#/${encodeURIComponent(route.id)}/why${route.entry ? `/${route.entry}` : ''}`;
  }
}

export const route = signal<Route>(readRoute(globalThis.location?.hash ?? ''));
globalThis.addEventListener?.('hashchange', () => (route.value = readRoute(location.hash)));

export function go(to: Route): void {
  location.hash = hashOf(to);
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
