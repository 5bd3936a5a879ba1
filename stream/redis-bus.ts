/**
 * The bus between the processes of a service: Redis's publish and subscribe, with a channel for each conversation. Listeners in the
 * same process are called directly. The store has everything that Redis may lose, and listeners get `missed` when they may have
 * missed a message. With keys, messages are encrypted; the names of channels contain ids of tenants and conversations, and are not.
 */
import { randomUUID } from 'node:crypto';
import type { Keyring } from '../security/encryption/keyring.ts';
import { openText, sealText } from '../security/encryption/text.ts';
import { type Bus, type BusMessage, topicOf } from './bus.ts';
import { formatMessage, parseMessage } from './bus-message.ts';
import { connectRedis, type RedisTiming } from './redis-connection.ts';

export interface RedisBus extends Bus {
  close(): Promise<void>;
}

export interface RedisBusOptions {
  /** redis:// or rediss:// */
  url: string;
  /** The name of the service, as several may share one Redis. */
  service: string;
  log(line: string): void;
  /** Encrypts messages. Default: they are sent as they are. */
  keyring?: Keyring | undefined;
  timing?: Partial<RedisTiming>;
}

/** Returns without waiting for Redis. While Redis does not answer, messages reach only this process. */
export function openRedisBus({ url, service, log, keyring, timing }: RedisBusOptions): RedisBus {
  const self = randomUUID();
  const listeners = new Map<string, Set<Listener>>();
  const redis = connectRedis({
    url,
    log,
    timing,
    heard(channel, text) {
      const heard = open(text);
      if (heard === 'sealed') tell(channel, { type: 'missed' });
      else if (heard && heard.from !== self) tell(channel, heard.message);
    },
    subscribed: (channel) => tell(channel, { type: 'missed' }),
  });
  const channelOf = (conversation: Parameters<Bus['publish']>[0]) =>
    `meanwhile:${service}:${topicOf(conversation)}`;

  let isSealed = false;
  function open(text: string) {
    try {
      return parseMessage(openText(text, keyring));
    } catch (error) {
      // Logged once: no message of that process can be read.
      if (!isSealed)
        log(`A message of another process cannot be read. ${(error as Error).message}`);
      isSealed = true;
      return 'sealed';
    }
  }

  function tell(channel: string, message: BusMessage): void {
    for (const listener of listeners.get(channel) ?? []) listener(message);
  }

  return {
    hearsAll: () => redis.isUp,

    publish(conversation, message) {
      const channel = channelOf(conversation);
      tell(channel, message);
      const sent = message.type === 'appended' ? POKE : message;
      redis.publish(channel, sealText(formatMessage(self, sent), keyring));
    },

    subscribe(conversation, listener) {
      const channel = channelOf(conversation);
      // A new function for each subscription, since two may have the same listener.
      const own: Listener = (message) => listener(message);
      const others = listeners.get(channel);
      if (others) others.add(own);
      else {
        listeners.set(channel, new Set([own]));
        redis.subscribe(channel);
      }
      return () => {
        const left = listeners.get(channel);
        if (!left?.delete(own) || left.size > 0) return;
        listeners.delete(channel);
        redis.unsubscribe(channel);
      };
    },

    close: () => redis.close(),
  };
}

type Listener = (message: BusMessage) => void;

const POKE = { type: 'poke' } as const;
