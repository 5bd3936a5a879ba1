/** The tools of the endpoint, apart from those that ask an agent. */
import { z } from 'zod';
import {
  callParams,
  createConversationBody,
  interruptBody,
  sendMessageBody,
} from '../../contract/http.ts';
import { type Position, START } from '../../stream/item.ts';
import { isAtRest } from './answer.ts';
import { keyOfCall } from './call-key.ts';
import { isMessage, look, type Look, stateOf, waitForEntry, withLiveProgress } from './look.ts';
import { tellableLooks } from './tellable.ts';
import { type QuestionParts, startTask } from './questions.ts';
import { isExternal, resultsAfter } from './results.ts';
import { text } from './server.ts';
import { type McpRequest, type ServedTool, ToolError } from './tool.ts';
import { news, nextCall, underWay } from './words.ts';

const { id } = callParams.shape;
const conversation_id = id.describe('As start_conversation or ask_… returned it.');
const words = sendMessageBody.shape.text;

const tool = <I>(one: ServedTool<I>): ServedTool<I> => one;

/**
 * @param options.wait_ms the longest time that a call without a task waits. Must be below the timeout of every client
 */
export function conversationTools(
  parts: QuestionParts,
  { wait_ms }: { wait_ms: number },
): ServedTool[] {
  const { store, talk } = parts;
  const seconds = Math.max(1, Math.floor(wait_ms / 1_000));

  return [
    tool({
      name: 'start_conversation',
      title: 'Start a conversation',
      description:
        'Begins a conversation with an agent that keeps talking while its tools run. Returns at once; what the agent says comes ' +
        'as numbered results of next_results. To ask one question and get its answer, use ask_… instead.',
      input: z.strictObject({
        agent: createConversationBody.shape.agent,
        text: words.optional().describe('The first message. Without it, the agent waits.'),
        metadata: createConversationBody.shape.metadata,
      }),
      async call({ agent, text: first, metadata }, request) {
        const body = { agent, metadata, ...(first !== undefined && { message: { text: first } }) };
        const key = keyOfCall(request, 'start_conversation', body);
        const begun = await talk.begin({ tenant: request.tenant, body, key });
        const { id: of, message_id } = begun;
        if (message_id !== undefined) {
          await waitForEntry(parts, keyOf(request, of), isMessage(message_id), {
            from: START,
            ...request,
          });
        }
        const next =
          first === undefined ? 'Send it a message with send_message.' : waitWith(begun.id, 0);
        return text(`Started conversation ${begun.id} with ${agent}. ${next}`);
      },
    }),

    tool({
      name: 'send_message',
      title: 'Send a message',
      description:
        'Sends a message to a conversation. Returns at once. The agent answers even while its tools run.',
      input: z.strictObject({
        conversation_id,
        text: words,
        when_busy: sendMessageBody.shape.when_busy,
      }),
      async call({ conversation_id: to, ...body }, request) {
        const { after, from } = await endOf(request, to);
        const key = keyOfCall(request, `send_message ${to}`, body);
        const { message_id } = await talk.send(keyOf(request, to), { body, key });
        await waitForEntry(parts, keyOf(request, to), isMessage(message_id), { from, ...request });
        return text(`Sent. ${waitWith(to, after)}`);
      },
    }),

    tool({
      name: 'next_results',
      title: 'Wait for results',
      description:
        'Returns what came in a conversation after the result with the number `after`, which also says that you have everything up to it: ' +
        `a result is repeated until you do. Waits up to ${seconds} seconds if there is nothing yet, or as a task until there is.`,
      annotations: { readOnlyHint: true },
      isLoadedAtOnce: true,
      input: z.strictObject({
        conversation_id,
        after: z
          .int()
          .min(0)
          .max(999_999_999)
          .default(0)
          .describe('The number of the last result that you have; 0 for all.'),
        calls: z
          .array(id)
          .min(1)
          .max(MOST_CALLS)
          .optional()
          .describe(
            'Wait until one of these calls has brought something; what others have brought comes with it.',
          ),
        wait_seconds: z
          .number()
          .min(0)
          .max(seconds)
          .default(seconds)
          .describe('How long to wait. Ignored by clients with tasks.'),
      }),
      async call({ conversation_id: from, calls: named, wait_seconds, ...given }, request) {
        const key = keyOf(request, from);
        const found = await find(request, from);
        // An operator may have reset the conversation: the results that the client has are no longer in the log.
        const after = given.after > found.head.last_seq ? 0 : given.after;
        const seen = parts.answering.tellable(key, found, after);
        // A client that passes a cursor has everything up to it. Nothing is lost without the receipt.
        if (after > 0 && isExternal(seen.head)) void talk.acknowledge(key, after).catch(() => {});
        const calls = named && bringsMore(seen, after, named) ? named : undefined;
        const isThere = (one: Look) =>
          (one.head.status === 'closed' && !one.held) ||
          resultsAfter(one, after, calls).length > 0 ||
          atRest(one);
        if (isThere(seen)) return newsOf(await withLiveProgress(store, key, seen), after);
        if (request.tasks) {
          const { tenant } = request;
          const facts = {
            kind: 'next',
            tenant,
            conversation: from,
            after,
            from: seen.head.last_seq,
            ...(calls && { calls }),
          } as const;
          return { task: startTask(parts, facts) };
        }
        const time = AbortSignal.timeout(wait_seconds * 1_000);
        const signal = AbortSignal.any([time, request.signal, request.closing]);
        let latest = seen;
        for await (latest of tellableLooks(parts, key, { after, signal })) {
          if (isThere(latest)) break;
        }
        return newsOf(await withLiveProgress(store, key, latest), after);
      },
    }),

    tool({
      name: 'cancel_call',
      title: 'Cancel a call',
      description: 'Cancels one call of the agent. The agent does not speak of it again.',
      annotations: { destructiveHint: true, idempotentHint: true },
      input: z.strictObject({ conversation_id, call_id: id }),
      async call({ conversation_id: of, call_id }, request) {
        const { head } = await find(request, of);
        await talk.cancelCall(keyOf(request, of), call_id);
        const call = head.calls.find((each) => each.id === call_id);
        if (call && call.ended_at === undefined) return text(`Cancelled ${call_id}.`);
        const open = head.calls.filter(({ ended_at }) => ended_at === undefined);
        const names = open.map((each) => `${each.id} (${each.tool})`).join(', ') || 'none';
        return text(
          `${call_id} is over or unknown, so nothing was cancelled. Open calls: ${names}.`,
        );
      },
    }),

    tool({
      name: 'interrupt',
      title: 'Interrupt',
      description:
        'Stops what a conversation is doing: the reply in flight, its calls, or both. The conversation goes on afterwards.',
      annotations: { destructiveHint: true },
      input: z.strictObject({ conversation_id, ...interruptBody.shape }),
      async call({ conversation_id: of, ...body }, request) {
        const { after, from } = await endOf(request, of);
        const { message_id } = await talk.interrupt(
          keyOf(request, of),
          body,
          keyOfCall(request, `interrupt ${of}`, body),
        );
        if (message_id === undefined) return text('Interrupted.');
        await waitForEntry(parts, keyOf(request, of), isMessage(message_id), { from, ...request });
        return text(`Interrupted, and sent. ${waitWith(of, after)}`);
      },
    }),
  ];

  function newsOf(seen: Look, after: number) {
    const results = resultsAfter(seen, after);
    const next = atRest(seen) ? (isExternal(seen.head) ? 'done' : 'rest') : 'more';
    return news(seen.head.id, { results, after, next, doing: underWay(seen.head) });
  }

  async function find(request: McpRequest, of: string): Promise<Look> {
    const seen = await look(store, keyOf(request, of));
    if (seen) return seen;
    throw new ToolError(
      `conversation_not_found: There is no conversation ${of}. Check the conversation_id, or begin a new one with start_conversation.`,
    );
  }

  /** The number of the last result that there is now, and where the log ends. */
  async function endOf(
    request: McpRequest,
    of: string,
  ): Promise<{ after: number; from: Position }> {
    const seen = await find(request, of);
    const { head } = seen;
    const after = resultsAfter(seen, 0).at(-1)?.n ?? 0;
    return { after, from: { after: head.last_seq, revision: head.revision } };
  }
}

/** The id of a task has them, and is in a header. */
const MOST_CALLS = 16;

/** Whether there is anything to wait for: an agent has results of its own, and a call that was told whole brings no more. */
const bringsMore = (seen: Look, after: number, calls: string[]) =>
  isExternal(seen.head) &&
  (resultsAfter(seen, after, calls).length > 0 ||
    seen.head.calls.some((call) => call.ended_at === undefined && calls.includes(call.id)));

/** A conversation with an empty log is not at rest: its first message may be on its way. */
const atRest = (seen: Look) => seen.head.last_seq > 0 && isAtRest(seen.log, stateOf(seen));

const keyOf = ({ tenant }: McpRequest, of: string) => ({ tenant, id: of });

const waitWith = (of: string, after: number) =>
  `When you have nothing else to do, call ${nextCall(of, after)}.`;
