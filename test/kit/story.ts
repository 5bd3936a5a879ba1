/** Plays a conversation against the rules alone: what happens, in which order, at which times. */
import type { EntryKind, EntryOf } from '../../contract/entry.ts';
import type { Limits } from '../../contract/limits.ts';
import type {
  CallEnd,
  CallEventSignal,
  DecideCall,
  InterruptSignal,
  MessageSignal,
} from '../../contract/signals.ts';
import type { RequestedCall } from '../../contract/call.ts';
import { decide } from '../../conversation/decide.ts';
import type { Effect, Event, Untimed } from '../../conversation/event.ts';
import { wakeAt } from '../../conversation/next.ts';
import { newConversation, type State } from '../../conversation/state.ts';
import type { Entry } from '../../contract/entry.ts';

export const LIMITS: Limits = {
  settle_ms: 200,
  quiet_ms: 250,
  quiet_max_ms: 2_000,
  max_running: 3,
  grace_ms: 1_500,
  max_replies_per_turn: 10,
  model_attempts: 4,
  max_history_events: 4_000,
};

export class Story {
  state: State;
  now = 1_000_000;
  log: Entry[] = [];
  effects: Effect[] = [];
  #messages = 0;
  #together: Event[] | undefined;

  constructor(limits: Partial<Limits> = {}) {
    this.state = newConversation('default', { ...LIMITS, ...limits });
  }

  /** Something happens. Returns what was written because of it. */
  happens(event: Untimed): Entry[] {
    const timed = { ...event, at: this.now };
    if (!this.#together) return this.#decide([timed]);
    this.#together.push(timed);
    return [];
  }

  /** What happens in `events` reaches the conversation all at once. */
  together(events: () => void): Entry[] {
    this.#together = [];
    events();
    const heard = this.#together;
    this.#together = undefined;
    return this.#decide(heard);
  }

  #decide(events: Event[]): Entry[] {
    const decision = decide(deepFreeze(this.state), ...events);
    this.state = decision.state;
    this.log.push(...decision.entries);
    this.effects.push(...decision.effects);
    return decision.entries;
  }

  get wakeAt(): number | undefined {
    return wakeAt(this.state);
  }

  user(text: string, more: Partial<MessageSignal> = {}) {
    return this.happens({ type: 'message', message_id: `m${++this.#messages}`, text, ...more });
  }

  interrupt(signal: InterruptSignal) {
    return this.happens({ type: 'interrupt', ...signal });
  }

  /** The model finishes the reply in flight. */
  model(text: string, ...calls: RequestedCall[]) {
    const usage = { input_tokens: 10, output_tokens: 1 };
    return this.happens({
      type: 'reply_completed',
      reply_id: this.replying,
      result: { text, usage, calls },
    });
  }

  modelFails(message = 'The model is away.') {
    const error = { type: 'ModelUnavailable', message };
    return this.happens({ type: 'reply_failed', reply_id: this.replying, error });
  }

  progress(call_id: string, n: number, percent: number, more: Partial<CallEventSignal> = {}) {
    const event = { call_id, n, event: 'progress', percent, schedule: 'when_idle' } as const;
    return this.happens({ type: 'call_event', ...event, ...more });
  }

  ends(call_id: string, end: CallEnd = { type: 'completed', result: 'done' }) {
    return this.happens({ type: 'call_ended', call_id, end });
  }

  decides(call_id: string, decision: 'approve' | 'deny', more: Partial<DecideCall> = {}) {
    return this.happens({ type: 'decide_call', call_id, decision, ...more });
  }

  /** Time passes; whatever falls due on the way happens at its time. */
  pass(ms: number): Entry[] {
    if (this.#together) return [];
    const until = this.now + ms;
    const written: Entry[] = [];
    while (this.wakeAt !== undefined && this.wakeAt <= until) {
      this.now = Math.max(this.now, this.wakeAt);
      written.push(...this.happens({ type: 'tick' }));
    }
    this.now = until;
    return written;
  }

  /** The id of the reply in flight. */
  get replying(): string {
    const { turn } = this.state;
    if (turn.phase !== 'replying') throw new Error(`nobody is replying: ${turn.phase}`);
    return turn.reply.id;
  }

  get kinds(): EntryKind[] {
    return this.log.map(({ kind }) => kind);
  }

  all<K extends EntryKind>(kind: K): EntryOf<K>[] {
    return this.log.filter((entry): entry is EntryOf<K> => entry.kind === kind);
  }

  effectsOf<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((e): e is Extract<Effect, { kind: K }> => e.kind === kind);
  }
}

export function call(call_id: string, more: Partial<RequestedCall> = {}): RequestedCall {
  return { call_id, tool: 'run_installer', input: { package: 'alpha' }, ...more };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** A conversation in which `call_a` has just been started, and the model has said so. */
export function installing(limits: Partial<Limits> = {}): Story {
  const story = new Story(limits);
  story.user('run the installer and update me every 25%');
  story.pass(300);
  story.model('Starting it.', call('call_a'));
  story.pass(2_000);
  return story;
}
