/** A tool for each agent: one question, one answer, however long it takes. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Agent } from '../../agents/define.ts';
import { callParams, sendMessageBody } from '../../contract/http.ts';
import { keyOfCall } from './call-key.ts';
import { look, withLiveProgress } from './look.ts';
import { answerOf, answers, type QuestionParts, startTask } from './questions.ts';
import type { TaskFacts } from './task-id.ts';
import { type McpRequest, type ServedTool, type ToolAnswer, ToolError } from './tool.ts';
import { answered, inShort, suspended } from './words.ts';

/** Pause between progress notifications. Some clients count their timeout from the last one. */
const PROGRESS_MS = 5_000;

export function askTools(
  parts: QuestionParts,
  agents: ReadonlyMap<string, Agent>,
  options: { wait_ms: number },
): ServedTool[] {
  const names = new Set<string>();
  return [...agents.values()].map((agent) =>
    askTool(parts, agent, nameOf(agent.name, names), options),
  );
}

function askTool(
  parts: QuestionParts,
  agent: Agent,
  name: string,
  { wait_ms }: { wait_ms: number },
): ServedTool {
  const { store, talk } = parts;
  const input = z.strictObject({
    text: sendMessageBody.shape.text.describe('The question or order, complete in itself.'),
    conversation_id: callParams.shape.id
      .optional()
      .describe('Continues the conversation of an earlier answer. Without it, a new one begins.'),
  });

  return {
    name,
    title: `Ask ${agent.name}`,
    description:
      `Asks the agent "${agent.name}", which may work for minutes or days, and returns its answer when all of its work is done. ` +
      (agent.tools?.length === 0 ? '' : 'The agent uses tools of its own. ') +
      'If that takes long you get a task, or the number of the results so far and the one call to make next. Ask once.',
    input,
    isLoadedAtOnce: true,
    async call({ text, conversation_id }: z.infer<typeof input>, request) {
      const { tenant } = request;
      const { own, message_id, id } = await ask(text, conversation_id, request);
      const facts = {
        kind: 'ask',
        tenant,
        conversation: id,
        message_id,
        ...(own && { own }),
      } as const;
      if (request.tasks) return { task: startTask(parts, facts) };
      return waitFor({ ...facts, created: parts.now() }, request);
    },
  };

  async function ask(text: string, id: string | undefined, request: McpRequest) {
    const { tenant } = request;
    const key = keyOfCall(request, name, { text, id });
    if (id === undefined) {
      const body = { agent: agent.name, metadata: {}, message: { text } };
      const begun = await talk.begin({ tenant, body, key });
      return { id: begun.id, message_id: begun.message_id!, own: true as const };
    }
    const conversation = await store.conversation({ tenant, id });
    if (conversation && conversation.agent !== agent.name) {
      throw new ToolError(
        `${id} is a conversation with ${conversation.agent}, not with ${agent.name}. Leave conversation_id out to begin a new one.`,
      );
    }
    const body = { text, when_busy: 'interrupt' as const };
    const { message_id } = await talk.send({ tenant, id }, { body, key });
    return { id, message_id };
  }

  async function waitFor(
    facts: TaskFacts & { kind: 'ask' },
    request: McpRequest,
  ): Promise<ToolAnswer> {
    const { progress } = request;
    let words = 'asked';
    const notify = () => void progress?.(words).catch(() => {});
    const timer = progress && setInterval(notify, PROGRESS_MS);
    const signal = AbortSignal.any([AbortSignal.timeout(wait_ms), request.signal, request.closing]);
    try {
      for await (const change of answers(parts, facts, signal)) {
        if ('answer' in change && change.answer.state !== 'working') {
          return answered(facts.conversation, change.answer.results);
        }
        const now =
          'progress' in change ? change.progress : inShort(change.look.head, change.answer.results);
        if (now === words) continue;
        words = now;
        notify();
      }
    } finally {
      clearInterval(timer);
    }
    return whileSuspended(facts);
  }

  async function whileSuspended(facts: TaskFacts): Promise<ToolAnswer> {
    const key = { tenant: facts.tenant, id: facts.conversation };
    const seen = await look(store, key);
    if (!seen) throw new ToolError(`Conversation ${facts.conversation} no longer exists.`);
    const { head } = await withLiveProgress(store, key, seen);
    return suspended(agent.name, head, answerOf(facts, seen).results);
  }
}

/**
 * `ask_<agent>`, or a stable short form if that is taken or longer than the 64 characters that models allow.
 * @param taken names of the tools so far; the new name is added
 */
export function nameOf(agent: string, taken: Set<string>): string {
  const whole = `ask_${agent.replaceAll(/[^\w-]/g, '_')}`;
  const hash = createHash('sha256').update(agent).digest('hex').slice(0, 8);
  const name = whole.length > 64 || taken.has(whole) ? `${whole.slice(0, 55)}_${hash}` : whole;
  taken.add(name);
  return name;
}
