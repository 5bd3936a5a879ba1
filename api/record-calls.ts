/** Tells conversations of calls that began before they heard of them. What could not be told is told by the next process. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { QuickCall, QuickRunner } from '../contract/quick.ts';
import type { CallEnd } from '../contract/signals.ts';
import type { ApiDependencies } from './dependencies.ts';
import { nameOf, signalExternal } from './external-conversation.ts';
import { Problem } from './problems.ts';

export interface Recorder {
  add(ended: EndedCall): void;
  /** It goes on: its conversation takes it over. @throws what the request of any call throws */
  handOver(quick: QuickCall): Promise<void>;
  /** Hands over what an earlier process left. Never rejects. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

export interface EndedCall {
  quick: QuickCall;
  end: CallEnd;
  /** Its client is being sent the end. */
  isSent: boolean;
}

export function createRecorder(
  runner: Pick<QuickRunner, 'heard' | 'left'>,
  dependencies: Pick<ApiDependencies, 'store' | 'gateway' | 'limits' | 'pushesTo' | 'logger'>,
): Recorder {
  const { store, gateway, logger } = dependencies;
  const waiting = new Map<string, EndedCall[]>();
  const sending = new Set<Promise<void>>();
  const closing = new AbortController();

  function add(ended: EndedCall): void {
    const name = nameOf(ended.quick.conversation);
    const queue = waiting.get(name);
    if (queue) {
      queue.push(ended);
      return;
    }
    const begun = [ended];
    waiting.set(name, begun);
    const sent = sleep(TOGETHER_MS, undefined, { signal: closing.signal })
      .catch(() => {})
      .then(() => {
        waiting.delete(name);
        return sendAll(begun);
      });
    sending.add(sent);
    void sent.finally(() => sending.delete(sent));
  }

  async function sendAll(ended: EndedCall[]): Promise<void> {
    for (const part of inParts(ended)) await insist(part[0]!.quick, () => send(part));
  }

  async function send(ended: EndedCall[]): Promise<void> {
    const calls = ended.map(({ quick: { call }, end, isSent }) => ({
      call,
      end,
      ...(isSent && { delivered: true as const }),
    }));
    await signalExternal(dependencies, ended[0]!.quick, (conversation) =>
      gateway.recordCalls(conversation, { calls }),
    );
    await Promise.all(ended.map(({ quick }) => runner.heard(quick)));
  }

  async function handOver(quick: QuickCall): Promise<void> {
    const { call } = quick;
    await signalExternal(dependencies, quick, (conversation) =>
      gateway.requestCall(conversation, { call, begun: true }),
    );
    await runner.heard(quick);
  }

  /** Until it has succeeded, this process ends, or the conversation has closed: then there is no one left to tell. */
  async function insist(quick: QuickCall, work: () => Promise<void>): Promise<void> {
    for (let pause_ms = 500; ; pause_ms = Math.min(2 * pause_ms, 10_000)) {
      try {
        return await work();
      } catch (error) {
        const { conversation, call } = quick;
        const facts = { err: error, conversation_id: conversation.id, call_id: call.call_id };
        if (error instanceof Problem) {
          logger?.warn(facts, 'A conversation closed before it was told of a call.');
          return runner.heard(quick);
        }
        logger?.warn(facts, 'A conversation could not be told of a call. Retrying.');
        if (closing.signal.aborted) return undefined;
        await sleep(pause_ms, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  }

  async function recover(): Promise<void> {
    for (const quick of await runner.left()) {
      await insist(quick, async () => {
        if (await isInLog(quick)) await runner.heard(quick);
        else await handOver(quick);
      });
    }
  }

  async function isInLog({ conversation, call }: QuickCall): Promise<boolean> {
    const kinds = ['call.requested' as const];
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = await store.entries(conversation, { after, limit: 1_000, kinds });
      const found = page?.entries.some(
        (entry) => entry.kind === 'call.requested' && entry.call_id === call.call_id,
      );
      if (found) return true;
      after = page?.next_after;
    }
    return false;
  }

  return {
    add,
    handOver,
    recover: () => {
      const recovering = recover().catch((error: unknown) => {
        logger?.warn({ err: error }, 'Calls of an earlier process could not be looked up.');
      });
      sending.add(recovering);
      return recovering;
    },
    async close() {
      closing.abort();
      await Promise.all(sending);
    },
  };
}

/** How long ends of calls are collected. The client has its answer by then. */
const TOGETHER_MS = 150;
const MOST_AT_ONCE = 50;
const MOST_CHARS = 500_000;

/** A signal must not become too large for Temporal. */
function inParts(ended: EndedCall[]): EndedCall[][] {
  const parts: EndedCall[][] = [];
  let chars = Infinity;
  for (const each of ended) {
    const own = JSON.stringify([each.quick.call, each.end]).length;
    if (chars + own > MOST_CHARS || parts.at(-1)!.length >= MOST_AT_ONCE) {
      parts.push([]);
      chars = 0;
    }
    chars += own;
    parts.at(-1)!.push(each);
  }
  return parts;
}
