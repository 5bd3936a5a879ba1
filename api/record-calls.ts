/** Signals calls that were made ahead to their conversations. Calls that this process could not report, the next one reports. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationKey } from '../contract/names.ts';
import type { QuickCall, QuickRunner } from '../contract/quick.ts';
import type { CallEnd } from '../contract/signals.ts';
import { allEntries } from '../store/all-entries.ts';
import { createLanes } from '../tools/keeper/lanes.ts';
import type { ApiDependencies } from './dependencies.ts';
import { nameOf, signalExternal } from './external-conversation.ts';
import { Problem } from './problems.ts';

export interface Recorder {
  add(ended: EndedCall): void;
  /** Has the conversation take over a call that takes longer. If it has closed, the call is stopped. @throws what requesting any call throws */
  handOver(quick: QuickCall): Promise<void>;
  /**
   * Has the conversation take over the call if an earlier process has begun it and has not reported it.
   * @returns `over` if this process is about to report its end
   */
  settle(conversation: ConversationKey, call_id: string): Promise<'over' | 'not_over'>;
  /** Hands over the calls that an earlier process did not report. Never rejects. */
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
  runner: Pick<QuickRunner, 'recorded' | 'stop' | 'unrecorded'>,
  dependencies: Pick<
    ApiDependencies,
    'store' | 'gateway' | 'limits' | 'pushesTo' | 'logger' | 'collect_ms'
  >,
): Recorder {
  const { store, gateway, logger, collect_ms = COLLECT_MS } = dependencies;
  const waiting = new Map<string, EndedCall[]>();
  const unreported = new Set<EndedCall>();
  const sending = new Set<Promise<void>>();
  const closing = new AbortController();

  function add(ended: EndedCall): void {
    unreported.add(ended);
    const name = nameOf(ended.quick.conversation);
    const queue = waiting.get(name);
    if (queue) {
      queue.push(ended);
      return;
    }
    const begun = [ended];
    waiting.set(name, begun);
    const sent = sleep(collect_ms, undefined, { signal: closing.signal })
      .catch(() => {})
      .then(() => {
        waiting.delete(name);
        return sendAll(begun);
      })
      .finally(() => begun.forEach((each) => unreported.delete(each)));
    sending.add(sent);
    void sent.finally(() => sending.delete(sent));
  }

  async function sendAll(ended: EndedCall[]): Promise<void> {
    for (const part of inParts(ended)) await untilReported(part[0]!.quick, () => send(part));
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
    await Promise.all(ended.map(({ quick }) => runner.recorded(quick)));
  }

  async function handOver(quick: QuickCall): Promise<void> {
    const { call } = quick;
    try {
      await signalExternal(dependencies, quick, (conversation) =>
        gateway.requestCall(conversation, { call, begun: true }),
      );
    } catch (error) {
      if (error instanceof Problem) await stopClosed(quick);
      throw error;
    }
    await runner.recorded(quick);
  }

  async function stopClosed(quick: QuickCall): Promise<void> {
    const { conversation, call } = quick;
    try {
      await runner.stop(quick);
      await runner.recorded(quick);
    } catch (error) {
      const facts = { err: error, conversation_id: conversation.id, call_id: call.call_id };
      logger?.warn(facts, 'A call whose conversation has closed could not be stopped.');
    }
  }

  async function settle(
    conversation: ConversationKey,
    call_id: string,
  ): Promise<'over' | 'not_over'> {
    const isIt = ({ conversation: { tenant, id }, call }: QuickCall) =>
      call.call_id === call_id && id === conversation.id && tenant === conversation.tenant;
    if ([...unreported].some(({ quick }) => isIt(quick))) return 'over';
    const left = (await runner.unrecorded()).find(isIt);
    if (left) await handOver(left);
    return 'not_over';
  }

  /** Retries until the work succeeds, this process ends, or the conversation has closed and needs no report. */
  async function untilReported(quick: QuickCall, work: () => Promise<void>): Promise<void> {
    for (let pause_ms = 500; ; pause_ms = Math.min(2 * pause_ms, 10_000)) {
      try {
        return await work();
      } catch (error) {
        const { conversation, call } = quick;
        const facts = { err: error, conversation_id: conversation.id, call_id: call.call_id };
        if (error instanceof Problem) {
          logger?.warn(facts, 'A conversation closed before a call was reported to it.');
          return runner.recorded(quick);
        }
        logger?.warn(facts, 'A call could not be reported to its conversation. Retrying.');
        if (closing.signal.aborted) return undefined;
        await sleep(pause_ms, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  }

  /** A conversation that cannot be reached holds up no other. */
  async function recover(): Promise<void> {
    const lanes = createLanes(RECOVERED_AT_ONCE);
    const left = Map.groupBy(await runner.unrecorded(), ({ conversation }) => nameOf(conversation));
    const report = async (quick: QuickCall) => {
      if (await isInLog(quick)) await runner.recorded(quick);
      else await handOver(quick);
    };
    const reportAll = async (own: QuickCall[]) => {
      for (const quick of own) {
        await untilReported(quick, () => lanes(() => report(quick), closing.signal));
      }
    };
    await Promise.all([...left.values()].map(reportAll));
  }

  async function isInLog({ conversation, call }: QuickCall): Promise<boolean> {
    for await (const { call_id } of allEntries(store, conversation, ['call.requested'])) {
      if (call_id === call.call_id) return true;
    }
    return false;
  }

  return {
    add,
    handOver,
    settle,
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

/** The clients of the collected calls have been answered already. */
const COLLECT_MS = 150;
const MOST_AT_ONCE = 50;
/** Conversations that a start signals at the same time. */
const RECOVERED_AT_ONCE = 8;
const MOST_CHARS = 500_000;

/** Splits the calls into signals that are not too large for Temporal. */
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
