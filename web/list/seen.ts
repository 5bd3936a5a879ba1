/** The last entry of each conversation that this browser has shown. Later entries are news. */
import { effect, signal } from '@preact/signals';
import type { ConversationHead } from '../../client/index.ts';
import { opened } from '../opened.ts';

interface Seen {
  /** When this browser first opened the page. What is older is not news. */
  since: string;
  /** Seq of the last entry, by conversation. */
  upTo: Record<string, number>;
}

const STORED = 'meanwhile.seen';
const seen = signal(read());

export function isNews({ id, last_seq, updated_at }: ConversationHead): boolean {
  const { since, upTo } = seen.value;
  return upTo[id] === undefined ? updated_at > since : last_seq > upTo[id];
}

const visible = signal(document.visibilityState === 'visible');
document.addEventListener('visibilitychange', () => {
  visible.value = document.visibilityState === 'visible';
});
addEventListener('storage', ({ key }) => {
  if (key === STORED) seen.value = read();
});

effect(() => {
  const open = opened.value;
  if (!open || !visible.value) return;
  const { seq } = open.state.value;
  if (seq > (seen.peek().upTo[open.id] ?? 0)) note(open.id, seq);
});

let timer: ReturnType<typeof setTimeout> | undefined;

function note(id: string, seq: number): void {
  const { since, upTo } = seen.peek();
  const { [id]: _, ...others } = upTo;
  const kept = Object.entries(others).slice(-MOST_KEPT);
  seen.value = { since, upTo: { ...Object.fromEntries(kept), [id]: seq } };
  timer ??= setTimeout(write, WRITE_MS);
}

/** Keeps what other tabs have stored meanwhile. */
function write(): void {
  timer = undefined;
  const stored = read();
  const mine = seen.peek();
  const upTo = { ...stored.upTo };
  for (const [id, seq] of Object.entries(mine.upTo)) upTo[id] = Math.max(seq, upTo[id] ?? 0);
  localStorage.setItem(STORED, JSON.stringify({ since: stored.since, upTo }));
}
addEventListener('pagehide', write);

function read(): Seen {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? 'null') as Seen | null;
    if (stored) return stored;
  } catch {
    // What cannot be read is replaced, as on a first visit.
  }
  const fresh = { since: new Date().toISOString(), upTo: {} };
  localStorage.setItem(STORED, JSON.stringify(fresh));
  return fresh;
}

const WRITE_MS = 500;
const MOST_KEPT = 1_000;
