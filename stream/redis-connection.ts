/**
 * A connection to Redis that reconnects, for messages that may be lost. Nothing waits for it, and nothing is queued while it is down.
 * A connection that does not answer a ping in time counts as lost: the network may drop packets without closing it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';

export interface RedisConnection {
  /** True while messages arrive, and every other process has had time to reconnect too. */
  readonly isUp: boolean;
  /** Drops the message if the connection is down, or if too many are unacknowledged. */
  publish(channel: string, text: string): void;
  /** Subscribes on this connection and on later ones. */
  subscribe(channel: string): void;
  unsubscribe(channel: string): void;
  close(): Promise<void>;
}

export interface RedisOptions {
  url: string;
  heard(channel: string, text: string): void;
  /** Called when messages on this channel may have been lost until now: after a subscription, or after other processes reconnected. */
  subscribed(channel: string): void;
  /** Complete sentences, without the password. */
  log(line: string): void;
  timing?: Partial<RedisTiming>;
}

/** Milliseconds. */
export interface RedisTiming {
  connect_ms: number;
  /** The interval between pings, and the time within which each must be answered. */
  ping_ms: number;
  /** The first and the longest pause before a new attempt. The pause doubles each time, and is then shortened by up to half. */
  retry_ms: [number, number];
}

const TIMING: RedisTiming = { connect_ms: 2_500, ping_ms: 2_000, retry_ms: [100, 2_000] };
/** Unanswered messages beyond this number are dropped: their text is in the store. */
const MOST_PENDING = 5_000;

export function connectRedis({
  url,
  heard,
  subscribed,
  log,
  timing,
}: RedisOptions): RedisConnection {
  const { connect_ms, ping_ms, retry_ms } = { ...TIMING, ...timing };
  const place = new URL(url).host;
  const channels = new Set<string>();
  const closing = new AbortController();
  let live: Live | undefined;
  const kept = keep();

  return {
    get isUp() {
      return live?.isSettled === true;
    },
    publish(channel, text) {
      if (!live || live.pending >= MOST_PENDING) return;
      const own = live;
      own.pending += 1;
      // A failure ends the connection, which is reported there.
      const answered = () => void (own.pending -= 1);
      own.client.publish(channel, text).then(answered, answered);
    },
    subscribe(channel) {
      channels.add(channel);
      if (live) void settle(live, channel);
    },
    unsubscribe(channel) {
      channels.delete(channel);
      if (live) void settle(live, channel);
    },
    async close() {
      closing.abort();
      await kept;
    },
  };

  async function keep(): Promise<void> {
    let failures = 0;
    let wasAway = false;
    while (!closing.signal.aborted) {
      const client = newClient(url, connect_ms);
      const lost = new Promise<Error>((resolve) => client.once('error', resolve));
      try {
        await within(connect_ms, client.connect());
        live = {
          ...{ client, pending: 0, subscriptions: new Set(), settling: new Set() },
          isSettled: !wasAway,
        };
        for (const channel of channels) void settle(live, channel);
        if (wasAway) void settleLater(live);
        if (wasAway) log(`Redis at ${place} answers again.`);
        wasAway = false;
        failures = 0;
        throw await Promise.race([lost, silence(client), aborted(closing.signal)]);
      } catch (error) {
        live = undefined;
        client.destroy();
        if (closing.signal.aborted) return;
        if (!wasAway)
          log(`Redis at ${place} is away: ${why(error)}. Live text is slower until it answers.`);
        wasAway = true;
      }
      const longest = Math.min(retry_ms[0] * 2 ** failures++, retry_ms[1]);
      await sleep(longest * (1 - Math.random() / 2), undefined, { signal: closing.signal }).catch(
        ended,
      );
    }
  }

  /** Waits until other processes have reconnected too: what they publish before that is lost. */
  async function settleLater(own: Live): Promise<void> {
    await sleep(connect_ms + retry_ms[1], undefined, { ref: false });
    if (live !== own) return;
    own.isSettled = true;
    for (const channel of own.subscriptions) subscribed(channel);
  }

  /** Subscribes or unsubscribes as `channels` says. One command for a channel at a time: they must not overtake each other. */
  async function settle(own: Live, channel: string): Promise<void> {
    const { client, subscriptions, settling } = own;
    if (settling.has(channel)) return;
    settling.add(channel);
    try {
      while (channels.has(channel) !== subscriptions.has(channel)) {
        if (subscriptions.delete(channel)) {
          await client.unsubscribe(channel);
        } else {
          await client.subscribe(channel, onMessage);
          subscriptions.add(channel);
          if (channels.has(channel)) subscribed(channel);
        }
      }
    } catch {
      // The connection is lost; the next one subscribes again.
    }
    settling.delete(channel);
  }

  function onMessage(text: string, channel: string): void {
    heard(channel, text);
  }

  /** Resolves when Redis has not answered a ping in time. */
  async function silence(client: Client): Promise<Error> {
    for (;;) {
      await sleep(ping_ms, undefined, { ref: false });
      try {
        await within(ping_ms, client.ping());
      } catch (error) {
        return error as Error;
      }
    }
  }
}

interface Live {
  client: Client;
  /** Messages that Redis has not acknowledged. */
  pending: number;
  /** The subscribed channels, and those whose subscription is being changed. */
  subscriptions: Set<string>;
  settling: Set<string>;
  isSettled: boolean;
}

type Client = ReturnType<typeof newClient>;

/** A client that never reconnects: a new client is made instead, with new subscriptions and state. */
function newClient(url: string, connectTimeout: number) {
  const client = createClient({
    url,
    name: 'meanwhile',
    disableOfflineQueue: true,
    // A feature of Redis Enterprise.
    maintNotifications: 'disabled',
    socket: { reconnectStrategy: false, connectTimeout },
  });
  // An 'error' event without a listener would end the process.
  client.on('error', ended);
  return client;
}

function ended(): void {}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer for ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(new Error('closed'));
    else signal.addEventListener('abort', () => resolve(new Error('closed')), { once: true });
  });
}

/** A host with several addresses fails with an AggregateError, whose own message is empty. */
function why(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(why).join('; ');
  return error instanceof Error ? error.message : String(error);
}
