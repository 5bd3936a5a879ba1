/**
 * The calls that clients wait for. A result of such a call is about to be the answer to its request, so `next_results` must not return it
 * too. It returns the results before it at once, and the rest when the call has been answered. This process knows which requests it
 * answers. For other processes it assumes, from the time of each request in the log, that they wait for the grace time.
 */
import { LRUCache } from 'lru-cache';
import type { ConversationKey } from '../../contract/names.ts';
import type { Entry } from '../../contract/entry.ts';
import type { Limits } from '../../contract/limits.ts';
import type { Held, Look } from './look.ts';
import { isExternal, resultOfCall, sentIn, withdrawnIn } from './results.ts';

export interface Answering {
  /**
   * A client waits for a call.
   * @param request.signal aborts when the client has disconnected; `key`: its idempotency key, if it has one
   */
  begin(request: { tenant: string; signal: AbortSignal; key?: string }): AnsweredCall;
  /** The call that the request with this key asked for. Undefined if this process did not get that request lately. */
  askedFor(request: NamedRequest): string | undefined;
  /** Whether another request than this one waits for the call here. */
  isAwaited(call_id: string, request: NamedRequest): boolean;
  /** The part of the log that `next_results` may return to a client that has the results up to `after`. */
  tellable(key: ConversationKey, seen: Look, after: number): Look;
  /** Resolves when no request is likely to wait for the call any longer, or the signal aborts. */
  answered(key: ConversationKey, held: Held, signal: AbortSignal): Promise<void>;
}

export interface NamedRequest {
  tenant: string;
  /** Its idempotency key. A relay that repeats a request sends the same one. */
  key: string;
}

export interface AnsweredCall {
  /** Names the call, before it can have a result. */
  is(call_id: string): void;
  /** Notes that the entries with these seqs are the answer. */
  tells(conversation: string, of: number[]): void;
  /** Ends the request, with any answer or none. */
  end(): void;
}

/** @param options.grace_ms a call that ends within this time is answered with its result (R11) */
export function createAnswering({
  now,
  grace_ms,
}: { now: () => number } & Pick<Limits, 'grace_ms'>): Answering {
  /** How many requests wait for each call. 0: it was answered here, so no other process is likely to answer it. */
  const waiting = new Map<string, number>();
  const wakes = new Set<() => void>();
  /** By request: its call, and how many times it is being answered now, which is more than once while it is repeated. */
  const asked = new LRUCache<string, { call_id: string; times: number }>({ max: MOST_KNOWN });
  /** By conversation, the seqs that were answers. Their receipts are in the log a moment later. */
  const told = new Map<string, Set<number>>();

  function count(name: string, change: 1 | -1): void {
    const requests = (waiting.get(name) ?? 0) + change;
    waiting.delete(name);
    if (waiting.size >= MOST_KNOWN) forgetOldest();
    waiting.set(name, requests);
    if (requests === 0) for (const wake of wakes) wake();
  }

  function forgetOldest(): void {
    for (const [name, requests] of waiting) {
      if (requests > 0) continue;
      waiting.delete(name);
      return;
    }
  }

  /** Undefined if no request is likely to wait for this call. */
  function heldCall(tenant: string, call_id: string, log: readonly Entry[]): Held | undefined {
    const requests = waiting.get(nameOf(tenant, call_id));
    if (requests !== undefined) return requests > 0 ? { call_id } : undefined;
    const request = log.find(
      (entry) => entry.kind === 'call.requested' && entry.call_id === call_id,
    );
    const since = request ? Date.parse(request.at) : -Infinity;
    const until = since + grace_ms + RECEIPT_MS;
    // The clocks of hosts differ. A request that seems to be in the future is ignored.
    return since <= now() && now() < until ? { call_id, until } : undefined;
  }

  function knownRequest({ tenant, key }: NamedRequest, call_id: string) {
    const name = nameOf(tenant, key);
    const known = asked.get(name);
    if (known?.call_id === call_id) return known;
    const begun = { call_id, times: 0 };
    asked.set(name, begun);
    return begun;
  }

  return {
    begin({ tenant, signal, key }) {
      let name: string | undefined;
      let own: { call_id: string; times: number } | undefined;
      let isOver = false;
      const end = () => {
        if (isOver) return;
        isOver = true;
        signal.removeEventListener('abort', end);
        if (name !== undefined) count(name, -1);
        if (own) own.times -= 1;
      };
      if (signal.aborted) isOver = true;
      else signal.addEventListener('abort', end, { once: true });
      return {
        is(call_id) {
          const known = key === undefined ? undefined : knownRequest({ tenant, key }, call_id);
          if (isOver || name !== undefined) return;
          name = nameOf(tenant, call_id);
          count(name, 1);
          own = known;
          if (own) own.times += 1;
        },
        tells(conversation, of) {
          const where = nameOf(tenant, conversation);
          const known = [...(told.get(where) ?? []), ...of];
          told.delete(where);
          if (told.size >= MOST_KNOWN) told.delete(told.keys().next().value!);
          told.set(where, new Set(known.slice(-Math.max(MOST_TOLD, of.length))));
        },
        end,
      };
    },

    askedFor: ({ tenant, key }) => asked.get(nameOf(tenant, key))?.call_id,

    isAwaited(call_id, { tenant, key }) {
      const own = asked.get(nameOf(tenant, key));
      const times = own?.call_id === call_id ? own.times : 0;
      return (waiting.get(nameOf(tenant, call_id)) ?? 0) > times;
    },

    tellable({ tenant, id }, seen, after) {
      const { log, head } = seen;
      if (!isExternal(head)) return seen;
      const withdrawn = withdrawnIn(seen);
      const sent = sentIn(log, ['delivered']);
      const also = told.get(nameOf(tenant, id));
      const calls = new Map<string, Held | undefined>();
      for (const [nth, entry] of log.entries()) {
        if (entry.seq <= after || sent.has(entry.seq) || also?.has(entry.seq)) continue;
        if (!('call_id' in entry) || !resultOfCall(entry, id)) continue;
        const { call_id } = entry;
        if (withdrawn.has(call_id)) continue;
        if (!calls.has(call_id)) calls.set(call_id, heldCall(tenant, call_id, log));
        const held = calls.get(call_id);
        if (held) return { head, log: log.slice(0, nth), held, ...(also && { told: also }) };
      }
      return also ? { ...seen, told: also } : seen;
    },

    async answered({ tenant }, { call_id, until }, signal) {
      const name = nameOf(tenant, call_id);
      const isHeld = () => (until === undefined ? waiting.get(name) : now() < until);
      if (signal.aborted || !isHeld()) return;
      await new Promise<void>((resolve) => {
        const over = () => {
          clearTimeout(timer);
          wakes.delete(wake);
          signal.removeEventListener('abort', over);
          resolve();
        };
        const wake = () => !isHeld() && over();
        const timer = until === undefined ? undefined : setTimeout(over, until - now() + 1);
        wakes.add(wake);
        signal.addEventListener('abort', over, { once: true });
      });
    },
  };
}

const nameOf = (tenant: string, id: string) => `${tenant}/${id}`;

/** Time between an answer of another process and its receipt in the log. */
const RECEIPT_MS = 1_000;
const MOST_KNOWN = 10_000;
/** How many answers of one conversation may be waiting for their receipts. */
const MOST_TOLD = 100;
