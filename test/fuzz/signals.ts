/**
 * The door that Temporal is: whatever signals a conversation is sent, what fits its schema is decided on and written, and nothing that
 * does not fit stops it.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { validate, signalShapes } from '../../contract/untrusted.ts';
import { type Entry, entry } from '../../contract/entry.ts';
import { decide } from '../../conversation/decide.ts';
import type { Event } from '../../conversation/event.ts';
import { headOf } from '../../conversation/head.ts';
import { newConversation } from '../../conversation/state.ts';
import type { Store } from '../../store/store.ts';
import { LIMITS } from '../kit/story.ts';
import { type Effort, holds } from './found.ts';
import { hostileText } from './json-text.ts';

const hostile = hostileText.map((text): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
});

const message = { message_id: 'msg_1', text: 'Hello.', when_busy: 'queue', author: 'Ann' };
const stored = { n: 'end', bytes: 9_000, head: 'abc' };

/** One that fits, of each kind and form. */
const samples: [keyof typeof signalShapes, object][] = [
  ['message', message],
  ['interrupt', { scope: 'all', call_ids: ['call_1'], message, by: 'Ann' }],
  ['cancel_call', { call_id: 'call_1', by: 'Ann' }],
  ['call_event', { call_id: 'call_1', n: 1, event: 'progress', percent: 5, schedule: 'silent' }],
  ['call_event', { call_id: 'call_1', n: 2, event: 'result', data: [1], schedule: 'when_idle' }],
  ['call_event', { call_id: 'call_1', n: 3, event: 'result', stored, schedule: 'interrupt' }],
  ['call_ended', { call_id: 'call_1', end: { type: 'completed', result: { a: 1 } } }],
  [
    'call_ended',
    { call_id: 'call_1', end: { type: 'failed', error: { type: 'T', message: 'm' } } },
  ],
  ['call_ended', { call_id: 'call_1', end: { type: 'cancelled' } }],
  ['reset', { run_id: 'run', kept: 0, had: 1, calls: ['call_1'], reason: 'why' }],
  ['close', { by: 'Ann' }],
];

/** One that fits, with something else in the place of one of its fields, or one field less or more. */
const bent = fc
  .tuple(fc.constantFrom(...samples), hostile, fc.nat(), fc.nat(3))
  .map(([[name, sample], value, which, how]): [string, unknown] => {
    const fields = Object.keys(sample);
    const field = fields[which % fields.length]!;
    const { [field]: _, ...rest } = sample as Record<string, unknown>;
    if (how === 0) return [name, rest];
    if (how === 1) return [name, { ...sample, more: value }];
    return [name, { ...rest, [field]: value }];
  });
const raw = fc.tuple(fc.constantFrom(...samples.map(([name]) => name)), hostile);
const sound = fc.constantFrom<[string, unknown][]>(...samples);

const signals = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: bent },
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: sound },
  ),
  { minLength: 1, maxLength: 8 },
);

export const fuzzSignals = (store: Store, effort: Effort): Promise<number> =>
  holds('signals', signals, (sent) => play(store, sent), effort);

async function play(store: Store, sent: [string, unknown][]): Promise<void> {
  const conversation = { tenant: 'fuzz', id: randomUUID() };
  let state = newConversation('default', LIMITS);
  const log: Entry[] = [];
  for (const [index, [name, signal]] of sent.entries()) {
    const at = index * 1_000;
    const { value, why } = validate<object>(
      signalShapes[name as keyof typeof signalShapes],
      signal,
    );
    const event =
      why === undefined
        ? ({ ...value, type: name, at } as Event)
        : ({ type: 'signal_dropped', signal: name, why, at } as const);
    const decided = decide(state, event);
    ({ state } = decided);
    // It goes to the next run, and to the store, as JSON.
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state)) {
      throw new Error('The state does not survive as JSON.');
    }
    for (const each of decided.entries) entry.parse(each);
    log.push(...decided.entries);
    if (decided.entries.length === 0) continue;
    const base = decided.entries[0]!.seq;
    const fence = { run: 0, length: index + 1, at };
    const batch = { conversation, fence, base, entries: decided.entries, head: headOf(state) };
    await store.record(batch);
  }
  const read = await store.window(conversation, { from: 1, to: 1_000 });
  if (JSON.stringify(read) !== JSON.stringify(log))
    throw new Error('Written and read again, it differs.');
}
