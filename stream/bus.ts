/**
 * Messages that may be lost: live text, live progress, and pokes that say "there is news in the store".
 * A reader that misses one recovers by reading the store from its last seq.
 */
import { EventEmitter } from 'node:events';
import type { ConversationKey } from '../contract/names.ts';

export type BusMessage =
  | { type: 'poke' }
  /**
   * More of a reply. `offset` is the length of the attempt's text before it, in UTF-16 units, so that a reader can tell what it
   * has twice and what it has missed. Published once the store has the text: a draft read after it is never behind.
   */
  | { type: 'delta'; reply_id: string; attempt: number; offset: number; text: string }
  | { type: 'progress'; call_id: string; percent?: number; note?: string }
  /** The reply is no longer wanted: its producer stops at once. */
  | { type: 'stop'; reply_id: string };

export interface Bus {
  publish(conversation: ConversationKey, message: BusMessage): void;
  /** Returns the function that ends the subscription. */
  subscribe(conversation: ConversationKey, listener: (message: BusMessage) => void): () => void;
}

/** The bus of a service whose API and worker share a process. */
export function createLocalBus(): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  const topic = ({ tenant, id }: ConversationKey) => `${tenant}/${id}`;
  return {
    publish: (conversation, message) => void emitter.emit(topic(conversation), message),
    subscribe(conversation, listener) {
      emitter.on(topic(conversation), listener);
      return () => void emitter.off(topic(conversation), listener);
    },
  };
}
