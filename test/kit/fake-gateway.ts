/** A gateway without workflows: it remembers what it was asked, and answers as it is told. For tests. */
import type { Decided, Gateway, Sent } from '../../api/gateway.ts';
import { type ConversationKey, DEFAULT_TENANT } from '../../contract/names.ts';
import type { ConversationStart, MessageSignal } from '../../contract/signals.ts';

export class FakeGateway implements Gateway {
  /** Every call, in order. */
  calls: { method: keyof Gateway; id?: string; payload?: unknown }[] = [];
  /** Ids of conversations and calls; those of another tenant than the default one as `tenant/id`. */
  running = new Set<string>();
  busy = false;
  /** What a running conversation says to a decision. */
  decided: Decided = { outcome: 'accepted' };
  /** What it says first, in order. */
  decisions: Decided[] = [];
  /** Thrown by every method while it is set. */
  failure: Error | undefined;

  async start(start: ConversationStart, message?: MessageSignal) {
    this.#note('start', start.conversation, { start, message });
    this.running.add(nameOf(start.conversation));
  }
  async message(key: ConversationKey, payload: MessageSignal) {
    return this.#send('message', key, payload);
  }
  async messageIfIdle(key: ConversationKey, payload: MessageSignal) {
    const sent = this.#send('messageIfIdle', key, payload);
    if (sent === 'not_running') return sent;
    return this.busy ? 'busy' : 'accepted';
  }
  async interrupt(key: ConversationKey, payload: object) {
    return this.#send('interrupt', key, payload);
  }
  async cancelCall(key: ConversationKey, payload: object) {
    return this.#send('cancelCall', key, payload);
  }
  async decideCall(key: ConversationKey, payload: object): Promise<Decided> {
    const sent = this.#send('decideCall', key, payload);
    return sent === 'not_running' ? { outcome: sent } : (this.decisions.shift() ?? this.decided);
  }
  async answerCall(key: ConversationKey, payload: object): Promise<Decided> {
    const sent = this.#send('answerCall', key, payload);
    return sent === 'not_running' ? { outcome: sent } : (this.decisions.shift() ?? this.decided);
  }
  async requestCall(key: ConversationKey, payload: object) {
    return this.#send('requestCall', key, payload);
  }
  async recordCalls(key: ConversationKey, payload: object) {
    return this.#send('recordCalls', key, payload);
  }
  async deliver(key: ConversationKey, payload: object) {
    return this.#send('deliver', key, payload);
  }
  async acknowledge(key: ConversationKey, payload: object) {
    return this.#send('acknowledge', key, payload);
  }
  async close(key: ConversationKey, payload: object) {
    return this.#send('close', key, payload);
  }
  async isOver(key: ConversationKey) {
    this.#note('isOver', key);
    return !this.running.has(nameOf(key));
  }
  /** Closes nothing unless a test sets it. */
  settled: (key: ConversationKey, evenIfLost: boolean) => Promise<void> = async () => {};
  async settle(key: ConversationKey, evenIfLost: boolean) {
    this.#note('settle', key, evenIfLost);
    await this.settled(key, evenIfLost);
  }
  async forget(key: ConversationKey, callIds: readonly string[]) {
    this.#note('forget', key, callIds);
    this.running.delete(nameOf(key));
  }
  async push({ tenant, call_id }: { tenant: string; call_id: string }, payload: object) {
    return this.#send('push', { tenant, id: call_id }, payload);
  }
  async ready() {
    this.#note('ready');
  }

  #send(method: keyof Gateway, key: ConversationKey, payload: unknown): Sent {
    this.#note(method, key, payload);
    return this.running.has(nameOf(key)) ? 'sent' : 'not_running';
  }

  #note(method: keyof Gateway, key?: ConversationKey, payload?: unknown): void {
    this.calls.push({ method, id: key?.id, payload });
    if (this.failure) throw this.failure;
  }
}

const nameOf = ({ tenant, id }: ConversationKey) =>
  tenant === DEFAULT_TENANT ? id : `${tenant}/${id}`;
