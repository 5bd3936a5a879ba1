/**
 * Messages that may be lost: live text, live progress, and pokes that say "there is news in the store".
 * A reader that misses one recovers by reading the store from its last seq.
 */
import { EventEmitter } from 'node:events';
import type { ConversationKey } from '../contract/names.ts';
import type { Changes } from '../store/store.ts';
import type { SentMessage } from './bus-message.ts';

export type PublishedMessage =
  | SentMessage
  /** The entries that a write added to the log after this seq. For readers in the same process; other processes get a poke. */
  | { type: 'appended'; after: number; changes: Changes };

export type BusMessage =
  | PublishedMessage
  /** From the bus itself: messages may have been lost, so readers have to read the store. */
  | { type: 'missed' };

export interface Bus {
  publish(conversation: ConversationKey, message: PublishedMessage): void;
  /** Returns the function that ends the subscription. */
  subscribe(conversation: ConversationKey, listener: (message: BusMessage) => void): () => void;
  /** False while messages of other processes may be lost. Readers then poll the store for the text of a reply, too. */
  hearsAll(): boolean;
}

/**
 * The bus inside one process.
 * @param alone false if other processes publish as well: their messages do not arrive here
 */
export function createLocalBus({ alone = true } = {}): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    publish: (conversation, message) => void emitter.emit(topicOf(conversation), message),
    subscribe(conversation, listener) {
      const topic = topicOf(conversation);
      emitter.on(topic, listener);
      return () => void emitter.off(topic, listener);
    },
    hearsAll: () => alone,
  };
}

export const topicOf = ({ tenant, id }: ConversationKey) => `${tenant}/${id}`;
