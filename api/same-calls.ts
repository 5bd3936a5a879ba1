/**
 * Recognises repeated calls of clients that send no key: if a thread has an open call of the same tool with the same input, a request
 * joins that call. A harness that timed out and retries starts no second run.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { isUnavailable } from '../store/unavailable.ts';
import { allEntries } from '../store/all-entries.ts';
import { nameOf } from './external-conversation.ts';

export interface SameCalls {
  /** @param request.own the id of the call if there is none to join */
  join(request: {
    conversation: ConversationKey;
    tool: string;
    input: unknown;
    own: string;
  }): Promise<JoinedCall>;
}

export interface JoinedCall {
  call_id: string;
  /** Call when the request is answered. @param isOver whether its call has ended, or was never accepted */
  left(isOver: boolean): void;
}

interface Asked {
  id: Promise<string>;
  /** The number of requests for it that are under way. */
  requests: number;
}

export function createSameCalls(store: Pick<Store, 'conversation' | 'entries'>): SameCalls {
  /** Calls under way, or requested a moment ago: the log may not have them yet. */
  const asked = new Map<string, Asked>();

  /** @param before a call that was requested, and may not be in the log yet */
  async function find(
    { conversation, tool, input }: { conversation: ConversationKey; tool: string; input: unknown },
    before: string | undefined,
  ): Promise<string | undefined> {
    const head = await store.conversation(conversation);
    const open = (head?.calls ?? []).filter(
      (call) => call.tool === tool && call.ended_at === undefined,
    );
    if (before === undefined && open.length === 0) return undefined;
    let isLogged = false;
    for await (const entry of allEntries(store, conversation, ['call.requested'])) {
      const { call_id } = entry;
      isLogged ||= call_id === before;
      const isOpen = open.some(({ id }) => id === call_id);
      if (isOpen && isDeepStrictEqual(entry.input, input)) return call_id;
    }
    return isLogged ? undefined : before;
  }

  return {
    async join({ own, ...request }) {
      const { conversation, tool, input } = request;
      const print = JSON.stringify([nameOf(conversation), tool, input]);
      const before = asked.get(print);
      const isUnderWay = before !== undefined && before.requests > 0;
      const same = isUnderWay ? before : { id: choose(), requests: 0 };
      same.requests += 1;
      if (asked.size >= MOST_KNOWN) asked.clear();
      asked.set(print, same);

      async function choose(): Promise<string> {
        try {
          return (await find(request, await before?.id)) ?? own;
        } catch (error) {
          // A call can be made while the store is unavailable.
          if (isUnavailable(error)) return own;
          throw error;
        }
      }

      const left = (isOver: boolean) => {
        same.requests -= 1;
        if (isOver && same.requests === 0 && asked.get(print) === same) asked.delete(print);
      };
      try {
        return { call_id: await same.id, left };
      } catch (error) {
        left(true);
        throw error;
      }
    },
  };
}

const MOST_KNOWN = 10_000;
