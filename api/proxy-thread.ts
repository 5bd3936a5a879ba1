/** Gives the proxy in front of a harness's model access to the conversation with the calls of one of its threads. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CANCEL_TOOL } from '../contract/names.ts';
import { look } from '../mcp/server/look.ts';
import type { Thread } from '../harness/model-proxy/reply.ts';
import type { Hub } from '../stream/hub.ts';
import type { ApiParts } from './dependencies.ts';
import { toProblem } from './errors.ts';
import { signalExternal } from './external-conversation.ts';
import type { QuickCalls } from './quick-calls.ts';
import { callIdOf, conversationOf, requestCall } from './request-call.ts';

export interface ThreadName {
  tenant: string;
  client: string;
  id: string;
}

type Dependencies = Pick<
  ApiParts,
  'store' | 'gateway' | 'catalogue' | 'limits' | 'quotas' | 'pushesTo'
> & {
  quick: QuickCalls | undefined;
};

export function openThread(
  { quick, ...rest }: Dependencies,
  hub: Pick<Hub, 'join'>,
  { tenant, client, id: thread }: ThreadName,
  /** Aborts when the harness has hung up. */
  signal: AbortSignal,
): Thread {
  const dependencies = { ...rest, ...(quick && { quick }) };
  const { store, gateway } = dependencies;
  const conversation = conversationOf({ tenant, client, thread });
  const log = async () => (await look(store, conversation))?.log ?? [];

  return {
    log,
    async until(isSo, wait_ms) {
      const time = AbortSignal.any([AbortSignal.timeout(wait_ms), signal]);
      for (;;) {
        const [mark] = await store.marks([conversation]);
        let seen = await log();
        if (isSo(seen) || time.aborted) return seen;
        if (mark) {
          const from = { after: mark.last_seq, revision: mark.revision };
          for await (const item of hub.join(conversation, from, time).items()) {
            if (item.type !== 'entry' && item.type !== 'rewind') continue;
            seen = await log();
            if (isSo(seen)) break;
          }
          return seen;
        }
        // No worker has written to it yet.
        await sleep(BEGINS_MS, undefined, { signal: time }).catch(() => {});
      }
    },
    async request({ tool, input, anchor, key }) {
      const named = JSON.stringify([client, thread, key]);
      try {
        if (tool === CANCEL_TOOL) return await cancel(input, { anchor, key: named });
        const call = { tenant, client, thread, tool, input, key: named, anchor };
        return await requestCall(dependencies, call, { isGone: () => signal.aborted });
      } catch (error) {
        const { code, message } = toProblem(error);
        if (code === 'internal_error') throw error;
        return { refused: `${code}: ${message}` };
      }
    },
    async deliver(of, anchor) {
      await gateway.deliver(conversation, { of, ...(anchor !== undefined && { anchor }) });
    },
    async acknowledge(to) {
      await gateway.acknowledge(conversation, { to });
    },
  };

  /** Requests a cancellation, which the conversation itself carries out. */
  async function cancel(input: unknown, { anchor, key }: { anchor: string; key: string }) {
    const { success, data } = z.object({ call_id: z.string() }).safeParse(input);
    if (!success) return { refused: 'The arguments do not fit. call_id: must be a string.' };
    const call = { call_id: callIdOf(tenant, key), tool: CANCEL_TOOL, input: data, anchor };
    const whose = { conversation, agent: `client:${client}`, thread };
    await signalExternal(dependencies, whose, () => gateway.requestCall(conversation, { call }));
    return { call_id: call.call_id };
  }
}

/** The interval between looks for a conversation that has just begun. */
const BEGINS_MS = 50;
