/** A reader who follows one conversation through the whole run, as a browser's EventSource does: it comes back until told 204. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meanwhile } from '../../client/meanwhile.ts';
import { openStream, type StreamItem } from '../../client/stream.ts';
import type { Entry } from '../../contract/entry.ts';

export interface Follower {
  /** What it holds, rewinds carried out. */
  readonly entries: Entry[];
  /** When it was told that a call was cancelled, by call id. Milliseconds since 1970. */
  readonly cancelled: ReadonlyMap<string, number>;
  /** The stream has said that nothing more comes. */
  readonly isOver: boolean;
  /** Resolves when `isOver`, or when it was stopped. */
  over: Promise<void>;
  /** Looks once more, with what it holds. */
  stop(): Promise<void>;
}

/** @param notice of each entry as it comes */
export function follow(client: Meanwhile, id: string, notice: (entry: Entry) => void): Follower {
  const entries: Entry[] = [];
  const cancelled = new Map<string, number>();
  const stopping = new AbortController();
  let lastEventId: string | undefined;
  let isOver = false;

  /** @returns true: nothing more comes, ever */
  async function read(): Promise<boolean> {
    const { signal } = stopping;
    const items = openStream(client, id, { lastEventId, signal });
    for (;;) {
      const next = await items.next();
      if (next.done) return next.value === 'over';
      take(next.value);
    }
  }

  function take(item: StreamItem): void {
    // What is live has no id of its own.
    if (item.type === 'entry' || item.type === 'rewind') lastEventId = item.id;
    if (item.type === 'rewind') {
      const keep = entries.findIndex(({ seq }) => seq > item.data.to);
      if (keep >= 0) entries.splice(keep);
    }
    if (item.type === 'entry') {
      entries.push(item.data);
      if (item.data.kind === 'call.cancelled') cancelled.set(item.data.call_id, Date.now());
      notice(item.data);
    }
  }

  async function readOn(): Promise<void> {
    while (!isOver && !stopping.signal.aborted) {
      // Whatever broke it off, it comes back.
      isOver = await read().catch(() => false);
      if (!isOver) await sleep(100);
    }
  }
  const over = readOn();

  return {
    entries,
    cancelled,
    get isOver() {
      return isOver;
    },
    over,
    async stop() {
      stopping.abort();
      await over;
    },
  };
}
