/**
 * What the user has sent and the service has not accepted yet. It is kept in the browser, so neither a lost connection nor a reload
 * loses a message; and each has an idempotency key of its own, so it counts once, however often and from however many tabs it is sent.
 */
import { signal } from '@preact/signals';
import { APIError, isPassing, randomKey, type WhenBusy } from '../client/index.ts';
import { go, route } from './route.ts';
import { askForKeyIfNeeded, meanwhile } from './service.ts';

export interface Outgoing {
  /** Its idempotency key. */
  key: string;
  /** Absent: it begins a conversation. */
  conversation?: string;
  agent?: string;
  text: string;
  when_busy: WhenBusy;
  at: string;
  /** Set once the service has accepted it; the log has it soon. */
  message_id?: string;
  /** Why the service refused it. A refused message is not sent again. */
  refused?: string;
}

const STORED = 'meanwhile.outbox';

export const outbox = signal<readonly Outgoing[]>(read());
addEventListener('storage', ({ key }) => {
  if (key === STORED) outbox.value = read();
});

/** Sends it as soon as the service can be reached. */
export function send(message: Pick<Outgoing, 'conversation' | 'agent' | 'text' | 'when_busy'>) {
  write([...outbox.peek(), { ...message, key: randomKey(), at: new Date().toISOString() }]);
  void flush();
}

export function discard(key: string): void {
  write(outbox.peek().filter((each) => each.key !== key));
}

/** Why the service cannot accept a message at the moment, in its own words. The message is sent again. */
export const held = signal<string | undefined>(undefined);

/** Ids of conversations that this page has begun and not opened yet. */
export const begun = new Set<string>();

let isFlushing = false;
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Sends the waiting messages in the order in which they were written. */
async function flush(): Promise<void> {
  if (isFlushing) return;
  isFlushing = true;
  clearTimeout(timer);
  try {
    for (let next = waiting(); next; next = waiting()) {
      try {
        await deliver(next);
        failures = 0;
        held.value = undefined;
      } catch (error) {
        if (askForKeyIfNeeded(error)) return;
        if (isPassing(error)) {
          failures += 1;
          held.value = error instanceof APIError ? error.problem?.detail : undefined;
          timer = setTimeout(() => void flush(), Math.min(500 * 2 ** failures, 8_000));
          return;
        }
        change(next.key, { refused: error instanceof APIError ? reasonOf(error) : String(error) });
      }
    }
  } finally {
    isFlushing = false;
  }
}

const waiting = () =>
  outbox.peek().find(({ message_id, refused }) => message_id === undefined && !refused);

async function deliver({ key, conversation, agent, text, when_busy }: Outgoing): Promise<void> {
  const options = { idempotencyKey: key, maxRetries: 0, timeout: 15_000 };
  if (conversation !== undefined) {
    const sent = { text, when_busy };
    const open = meanwhile.peek().conversations.open(conversation);
    change(key, await open.send(sent, options));
    return;
  }
  const metadata = { title: titleOf(text) };
  const made = await meanwhile
    .peek()
    .conversations.create({ agent, metadata, message: { text } }, options);
  discard(key);
  begun.add(made.id);
  if (route.peek().view === 'new') go({ view: 'talk', id: made.id });
}

const reasonOf = (error: APIError) =>
  error.code === 'conversation_busy'
    ? 'The agent was busy, so this was not sent.'
    : (error.problem?.detail ?? error.message);

/** The first line, for the list of conversations. */
function titleOf(text: string): string {
  const line = text.trim().split('\n', 1)[0]!;
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function change(key: string, more: Partial<Outgoing>): void {
  write(outbox.peek().map((each) => (each.key === key ? { ...each, ...more } : each)));
}

function write(next: readonly Outgoing[]): void {
  outbox.value = next;
  localStorage.setItem(STORED, JSON.stringify(next));
}

function read(): readonly Outgoing[] {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? '[]') as Outgoing[];
  } catch {
    return [];
  }
}

addEventListener('online', () => void flush());
meanwhile.subscribe(() => void flush());
