/**
 * For clients that do not name their calls: the same tool with the same input, in a thread where such a call is open, is that call. A
 * harness that timed out and tries again starts no second run.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { isUnavailable } from '../store/unavailable.ts';
import { allEntries } from '../store/all-entries.ts';
import { nameOf } from './external-conversation.ts';

export interface SameCalls {
  /** @param request.own the id that it gets if there is no such call */
  join(request: {
    conversation: ConversationKey;
    tool: string;
    input: unknown;
    own: string;
  }): Promise<JoinedCall>;
}

export interface JoinedCall {
  call_id: string;
  /** The request is answered. `refused`: it was not accepted, though another request for the same call may have been. */
  left(call: 'open' | 'over' | 'refused'): void;
}

interface Asked {
  id: Promise<string>;
  /** How many requests for it are under way. */
  requests: number;
  /** A request for it was accepted, and none has seen its end. */
  isOpen: boolean;
}

export function createSameCalls(store: Pick<Store, 'conversation' | 'entries'>): SameCalls {
  /** What is under way, or was requested a moment ago: the log may not have it yet. */
  const asked = new Map<string, Asked>();

  /** @param before a call that was requested, and may not be in the log yet */
  async function find(
    { conversation, tool, input }: { conversation: ConversationKey; tool: string; input: unknown },
    before: string | undefined,
  ): Promise<string | undefined> {
    if (before === undefined && (await openCalls(conversation, tool)).size === 0) return undefined;
    const same: string[] = [];
    let isLogged = false;
    for await (const entry of allEntries(store, conversation, ['call.requested'])) {
      isLogged ||= entry.call_id === before;
      if (isDeepStrictEqual(entry.input, input)) same.push(entry.call_id);
    }
    // After the log: what was read first may not know yet that a call of the log is open.
    const open = await openCalls(conversation, tool);
    return same.find((id) => open.has(id)) ?? (isLogged ? undefined : before);
  }

  async function openCalls(conversation: ConversationKey, tool: string): Promise<Set<string>> {
    const { calls = [] } = (await store.conversation(conversation)) ?? {};
    const open = calls.filter((call) => call.tool === tool && call.ended_at === undefined);
    return new Set(open.map(({ id }) => id));
  }

  return {
    async join({ own, ...request }) {
      const { conversation, tool, input } = request;
      const print = JSON.stringify([nameOf(conversation), tool, input]);
      const before = asked.get(print);
      const isUnderWay = before !== undefined && before.requests > 0;
      const same = isUnderWay ? before : { id: choose(), requests: 0, isOpen: false };
      same.requests += 1;
      if (asked.size >= MOST_KNOWN) asked.clear();
      asked.set(print, same);

      async function choose(): Promise<string> {
        try {
          return (await find(request, await before?.id)) ?? own;
        } catch (error) {
          // A call can be made while the store is away.
          if (isUnavailable(error)) return own;
          throw error;
        }
      }

      const left = (call: 'open' | 'over' | 'refused') => {
        same.requests -= 1;
        if (call !== 'refused') same.isOpen = call === 'open';
        if (same.requests > 0 || same.isOpen) return;
        if (asked.get(print) === same) asked.delete(print);
      };
      try {
        return { call_id: await same.id, left };
      } catch (error) {
        left('refused');
        throw error;
      }
    },
  };
}

const MOST_KNOWN = 10_000;
