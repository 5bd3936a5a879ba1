/**
 * The tools of the service for a harness that has a model of its own: each under its own name and with its own schema, and each call
 * as durable as one of an agent.
 */
import { z } from 'zod';
import { isCallEnd } from '../../contract/call-ends.ts';
import type { Entry } from '../../contract/entry.ts';
import { callParams } from '../../contract/http.ts';
import type { ConversationKey } from '../../contract/names.ts';
import {
  type CallToolResult,
  inputRequired,
  type InputRequests,
} from '@modelcontextprotocol/server';
import type { CallEnd } from '../../contract/signals.ts';
import type { Limits } from '../../contract/limits.ts';
import type { ResultRange } from '../../contract/result-count.ts';
import type { StoredConversation } from '../../store/store.ts';
import type { AnsweredCall } from './answering.ts';
import { isNamedCall, keyOfCall, threadOf } from './call-key.ts';
import { isRequest, look, type Look, waitForEntry } from './look.ts';
import { formsIn } from './forms.ts';
import { answerOf, answers, createTasks, type QuestionParts, startTask } from './questions.ts';
import { cursorOf, isExternal, resultOfEnd, sentIn } from './results.ts';
import { readTaskId, signTaskId, type TaskFacts } from './task-id.ts';
import { type McpRequest, type ServedTool, type ToolAnswer, ToolError } from './tool.ts';
import { called, callSuspended, nextCall, stateOf, unchanged } from './words.ts';
import { text } from './server.ts';

export interface OfferedTool {
  name: string;
  description: string;
  input: z.ZodType;
  results: ResultRange;
  /** Its name in the service. Default: `name`. */
  tool?: string;
  title?: string;
  /** The JSON Schema of its input that clients see. Default: the one of `input`. */
  schema?: Record<string, unknown>;
  annotations?: object;
}

/** How many conversations `list_calls` looks at, the newest first. */
const LISTED = 50;

/** @param limits.grace_ms a call that ends within this time is answered with its result (R11) */
export function callTools(
  parts: QuestionParts & { list: (tenant: string, limit: number) => Promise<ListedConversation[]> },
  offered: OfferedTool[],
  limits: Pick<Limits, 'grace_ms'>,
): ServedTool[] {
  const { store, talk, list, answering } = parts;
  const tasks = createTasks(parts);
  return [...offered.map(callTool), listCalls()];

  function callTool({ tool, description, results, ...offered }: OfferedTool): ServedTool {
    const { name } = offered;
    const expected = inWords(results);
    return {
      ...offered,
      description: `${description} ${expected}`.trim(),
      async call(given: unknown, request): Promise<ToolAnswer> {
        const waits = answering.begin(request);
        try {
          return await callFor(given, request, waits);
        } finally {
          waits.end();
        }
      },
      // Later the request has been answered, unless the service is in trouble: then it is the client's timeout.
      cancelled: async (given: unknown, request) =>
        request.cancelled_after_ms! <= limits.grace_ms && withdraw(given, request),
    };

    async function withdraw(given: unknown, request: McpRequest): Promise<boolean> {
      const { tenant, key, requestState } = request;
      if (key === undefined) return false;
      const asked = requestState === undefined ? undefined : callIn(requestState, request);
      const call_id = asked?.call_id ?? answering.askedFor({ tenant, key });
      if (call_id !== undefined && answering.isAwaited(call_id, { tenant, key })) return false;
      if (asked) {
        const by = `client:${clientIn(request)}`;
        await talk.cancelCall({ tenant, id: asked.conversation }, asked.call_id, by);
        return true;
      }
      return talk.cancelRequest({
        ...requestedBy(given, request),
        key: keyOfCall(request, name, given)!,
        ...(call_id !== undefined && { call_id }),
      });
    }

    function requestedBy(input: unknown, request: McpRequest) {
      const { tenant } = request;
      const of = { tool: tool ?? name, input };
      return { tenant, client: clientIn(request), thread: threadOf(request), ...of };
    }

    async function callFor(
      given: unknown,
      request: McpRequest,
      waits: AnsweredCall,
    ): Promise<ToolAnswer> {
      const { tenant, requestState } = request;
      if (requestState !== undefined) {
        const asked = callIn(requestState, request);
        waits.is(asked.call_id);
        await tasks.update(requestState, request.inputResponses ?? {}, request);
        return answer(request, asked, { tool: name, expected, waits });
      }
      const { conversation, call_id, made, ...as } = await talk.requestCall({
        ...requestedBy(given, request),
        key: keyOfCall(request, name, given),
        isNamed: isNamedCall(request),
        isGone: () => request.signal.aborted,
        is: (id) => waits.is(id),
      });
      if (made !== undefined && made !== 'goes_on') {
        if (as.isRepeat) await noteTold(request, { key: conversation, call_id, waits });
        if (as.answer && isShownWhole(made, as.answer)) {
          return unchanged(conversation.id, as.answer);
        }
        return called(conversation.id, [resultOfEnd(conversation.id, call_id, made)]);
      }
      const facts = { kind: 'call', tenant, conversation: conversation.id, call_id } as const;
      const isLate = made === 'goes_on' && !asksInstead(request);
      return answer(request, facts, { tool: name, expected, isLate, waits });
    }
  }

  /** The call whose client got questions in place of a result. */
  function callIn(requestState: string, { tenant }: McpRequest): CallFacts {
    const facts = readTaskId(parts.secret, requestState);
    if (facts?.kind !== 'call' || facts.tenant !== tenant) {
      throw new ToolError('The requestState is not one of this service.');
    }
    const { created: _, ...call } = facts;
    return call;
  }

  /** @param how.isLate the grace time is over */
  async function answer(
    request: McpRequest,
    facts: CallFacts,
    {
      tool,
      expected,
      isLate,
      waits,
    }: { tool: string; expected: string; isLate?: boolean; waits: AnsweredCall },
  ): Promise<ToolAnswer> {
    const { tenant, conversation: id, call_id } = facts;
    const soon = isLate
      ? undefined
      : await within(request, { ...facts, created: parts.now() }, waits);
    if (soon) return soon;
    if (request.tasks) return { task: startTask(parts, facts) };
    const seen = await whenLogged(request, { tenant, id }, isRequest(call_id));
    if (!seen) throw new ToolError(`Conversation ${id} no longer exists.`);
    const { results: soFar } = answerOf({ ...facts, created: 0 }, seen);
    const after = cursorOf(seen, soFar);
    return callSuspended({ head: seen.head, call_id, tool, expected, after }, soFar);
  }

  /** Waits until the log has the call, so that `next_results` does not answer that there is none. */
  async function whenLogged(
    { closing }: McpRequest,
    conversation: ConversationKey,
    isIt: (entry: Entry) => boolean,
  ): Promise<Look | undefined> {
    const find = () => look(store, conversation);
    const seen = await find();
    if (!seen || seen.head.status === 'closed' || seen.log.some(isIt)) return seen;
    const from = { after: seen.head.last_seq, revision: seen.head.revision };
    await waitForEntry(parts, conversation, isIt, { from, closing });
    return find();
  }

  /** The result is news if the client was gone when it came. It is none any more once the client has it. */
  async function noteTold(
    request: McpRequest,
    { key, call_id, waits }: { key: ConversationKey; call_id: string; waits: AnsweredCall },
  ): Promise<void> {
    const isEnd = (entry: Entry) => isCallEnd(entry) && entry.call_id === call_id;
    const { log = [] } = (await whenLogged(request, key, isEnd)) ?? {};
    const sent = sentIn(log, ['delivered']);
    const of = log.filter((entry) => isEnd(entry) && !sent.has(entry.seq)).map(({ seq }) => seq);
    if (of.length === 0 || request.signal.aborted) return;
    waits.tells(key.id, of);
    // Without the receipt nothing is lost: the result is told once more.
    void talk.deliver(key, of).catch(() => {});
  }

  async function within(
    request: McpRequest,
    facts: TaskFacts,
    waits: AnsweredCall,
  ): Promise<ToolAnswer | undefined> {
    const time = AbortSignal.timeout(limits.grace_ms);
    const signal = AbortSignal.any([time, request.signal, request.closing]);
    for await (const change of answers(parts, facts, signal)) {
      if ('answer' in change && change.answer.state !== 'working') {
        const { results } = change.answer;
        const of = results.map(({ n }) => n);
        const key = { tenant: facts.tenant, id: facts.conversation };
        if (!request.signal.aborted) {
          waits.tells(facts.conversation, of);
          // Nothing is lost without the receipt: another process may then return the result again.
          void talk.deliver(key, of).catch(() => {});
        }
        return called(facts.conversation, results);
      }
      const asked = 'look' in change && asksInstead(request) ? formsIn(change.look, facts) : {};
      if (Object.keys(asked).length > 0) {
        const requestState = signTaskId(parts.secret, facts);
        const inputRequests = asked as InputRequests;
        return inputRequired({ inputRequests, requestState });
      }
    }
    return undefined;
  }

  /** For a client that has lost its ids. */
  function listCalls(): ServedTool {
    const input = z.strictObject({
      conversation_id: callParams.shape.id.optional().describe('Only the calls of this one.'),
    });
    return {
      name: 'list_calls',
      title: 'List calls',
      description:
        'Lists the open calls and those that ended last, with the call to next_results that brings their results.',
      annotations: { readOnlyHint: true },
      input,
      async call({ conversation_id }: z.infer<typeof input>, { tenant }) {
        const all = await list(tenant, LISTED);
        const mine = all.filter(
          (each) => isExternal(each) && (conversation_id ?? each.id) === each.id,
        );
        const lines = mine.flatMap(({ id, calls }) =>
          calls.map(
            (call) =>
              `${call.id} ${call.tool}: ${call.ended_at === undefined ? stateOf(call) : call.status}. ${nextCall(id, 0)}`,
          ),
        );
        return text(lines.length > 0 ? lines.join('\n') : 'There are no calls.');
      },
    };
  }
}

const clientIn = ({ client = 'mcp' }: McpRequest) => client;

type CallFacts = Omit<TaskFacts & { kind: 'call' }, 'created'>;

/** A client without tasks that can ask a person gets the questions in place of a result, and calls again with the answers. */
const asksInstead = ({ tasks, elicits, mayApprove }: McpRequest) => elicits && !tasks && mayApprove;

type ListedConversation = Pick<StoredConversation, 'id' | 'agent' | 'calls'>;

/** A result that is too large for a model is stored, and the model sees its beginning. Pictures are the client's to show. */
const isShownWhole = (end: CallEnd, { content }: CallToolResult) =>
  end.type !== 'completed' ||
  end.stored === undefined ||
  content.some(({ type }) => type === 'image' || type === 'audio');

/** What the description of a tool says about its results. */
function inWords({ min, max }: ResultRange): string {
  if (max === 1) return 'Returns one result.';
  if (max === 'many') return `Returns ${min} or more asynchronous results.`;
  return min === max
    ? `Returns ${max} asynchronous results.`
    : `Returns ${min} to ${max} asynchronous results.`;
}
