/** Questions to agents, calls, and waits for news, as tasks. A task has no state besides its id and the log. */
import type { ConversationKey } from '../../contract/names.ts';
import type { StoredConversation } from '../../store/store.ts';
import type { Hub } from '../../stream/hub.ts';
import type { Answering } from './answering.ts';
import { type Answer, answerOfCall, answerTo, firstAfter } from './answer.ts';
import { formsIn, readForm } from './forms.ts';
import { look, type Look, looks, type Reads, stateOf, withLiveProgress } from './look.ts';
import { tellableLooks } from './tellable.ts';
import type { ConversationActions } from './talk.ts';
import { readTaskId, signTaskId, type TaskFacts } from './task-id.ts';
import { type McpRequest, type Task, type Tasks, UnknownTask } from './tool.ts';
import { isExternal, type Result } from './results.ts';
import { answered, called, inShort, news } from './words.ts';

export interface QuestionParts {
  store: Reads;
  hub: Pick<Hub, 'join'>;
  talk: ConversationActions;
  /** Shared by all endpoints of the process. */
  answering: Answering;
  /** Signs the ids. */
  secret: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Two weeks. Some clients set a timer for it, which cannot be longer than 2^31 ms. */
export const TTL_MS = 14 * 24 * 3_600_000;
const POLL_MS = 1_000;

/** @returns the new task in its first state */
export function startTask({ secret, now }: QuestionParts, given: Made): Task {
  const facts = { ...given, created: now() };
  return { ...baseOf(signTaskId(secret, facts), facts), status: 'working' };
}

type Made = TaskFacts extends infer T ? (T extends TaskFacts ? Omit<T, 'created'> : never) : never;

export function createTasks(parts: QuestionParts): Tasks {
  const { store, talk, secret, now } = parts;

  function factsOf(taskId: string, { tenant }: Pick<McpRequest, 'tenant'>): TaskFacts {
    const facts = readTaskId(secret, taskId);
    if (!facts || facts.tenant !== tenant) throw new UnknownTask('There is no such task.');
    if (now() < facts.created + TTL_MS) return facts;
    throw new UnknownTask(
      `The task has expired. The log of its conversation ${facts.conversation} is still there.`,
    );
  }

  async function* looksFor(facts: TaskFacts, signal: AbortSignal): AsyncGenerator<Look> {
    if (facts.kind === 'next') {
      yield* tellableLooks(parts, keyOf(facts), { after: facts.after, signal });
      return;
    }
    for await (const change of looks(parts, keyOf(facts), signal)) {
      if ('look' in change) yield change.look;
    }
  }

  async function stop(facts: TaskFacts & { kind: 'ask' | 'call' }): Promise<void> {
    if (facts.kind === 'call') return talk.cancelCall(keyOf(facts), facts.call_id);
    const by = cancellerOf(facts);
    if (facts.own) return talk.close(keyOf(facts), by);
    await talk.interrupt(keyOf(facts), { scope: 'all', by });
  }

  return {
    async get(taskId, request) {
      const facts = factsOf(taskId, request);
      const seen = await look(store, keyOf(facts));
      if (!seen) throw new UnknownTask('There is no such task.');
      const found =
        facts.kind === 'next' ? parts.answering.tellable(keyOf(facts), seen, facts.after) : seen;
      return taskOf(taskId, facts, await withLiveProgress(store, keyOf(facts), found), request);
    },

    async update(taskId, answers, request) {
      const facts = factsOf(taskId, request);
      const seen = await look(store, keyOf(facts));
      if (!seen) throw new UnknownTask('There is no such task.');
      // A caller who may not approve was not asked.
      if (!request.mayApprove) return;
      const open = formsIn(seen, facts);
      const author = request.client ?? 'mcp';
      for (const [key, answer] of Object.entries(answers)) {
        if (!(key in open)) continue;
        const said = readForm(key, answer);
        if (!said) continue;
        const { call_id } = said;
        const sent =
          said.kind === 'decision'
            ? talk.decide(keyOf(facts), { call_id, body: { ...said.body, author } })
            : talk.answer(keyOf(facts), { call_id, body: { ...said.body, author } });
        // Another client may have decided in the meantime.
        await sent.catch((error) => {
          if (!DECIDED.has(talk.problemOf(error)?.code ?? '')) throw error;
        });
      }
    },

    async cancel(taskId, request) {
      const facts = factsOf(taskId, request);
      // The task only waits for news, so there is no work to stop.
      if (facts.kind === 'next') return;
      const seen = await look(store, keyOf(facts));
      if (!seen) throw new UnknownTask('There is no such task.');
      if (answerOf(facts, seen).state !== 'working') return;
      await stop(facts);
    },

    async *follow(taskId, request) {
      const facts = factsOf(taskId, request);
      let before = '';
      for await (const seen of looksFor(facts, request.signal)) {
        const task = taskOf(taskId, facts, seen, request);
        const now = JSON.stringify([task.status, task.statusMessage, task.inputRequests]);
        if (now !== before) yield task;
        if (isEnded(task)) return;
        before = now;
      }
    },
  };
}

/** Follows an answer until it is over or the signal aborts. */
export async function* answers(
  parts: QuestionParts,
  facts: TaskFacts,
  signal: AbortSignal,
): AsyncGenerator<{ answer: Answer; look: Look } | { progress: string }, void, void> {
  for await (const change of looks(parts, keyOf(facts), signal)) {
    if ('progress' in change) {
      const { call_id, percent, note } = change.progress;
      yield {
        progress: [call_id, percent !== undefined && `${percent} %`, note]
          .filter(Boolean)
          .join(' '),
      };
      continue;
    }
    const answer = answerOf(facts, change.look);
    yield { answer, look: change.look };
    if (answer.state !== 'working') return;
  }
}

export function answerOf(facts: TaskFacts, seen: Look): Answer {
  const { log } = seen;
  switch (facts.kind) {
    case 'next':
      return firstAfter(facts, log, stateOf(seen));
    case 'call':
      return answerOfCall(facts, log);
    case 'ask': {
      const question = { message_id: facts.message_id, canceller: cancellerOf(facts) };
      return answerTo(question, log, stateOf(seen).isBusy);
    }
  }
}

function taskOf(
  taskId: string,
  facts: TaskFacts,
  seen: Look,
  { elicits }: Pick<McpRequest, 'elicits'>,
): Task {
  const { head } = seen;
  const answer = answerOf(facts, seen);
  const { results } = answer;
  const base = {
    ...baseOf(taskId, facts),
    ...(answer.at && { lastUpdatedAt: answer.at }),
    // Reading a log of thousands of entries takes tens of milliseconds.
    pollIntervalMs: Math.max(POLL_MS, seen.log.length),
  };
  if (answer.state === 'cancelled') return { ...base, status: 'cancelled' };
  if (answer.state === 'over') {
    return { ...base, status: 'completed', result: resultOf(facts, head, results) };
  }
  const statusMessage = inShort(head, results);
  const inputRequests = facts.kind !== 'next' && elicits ? formsIn(seen, facts) : {};
  return Object.keys(inputRequests).length > 0
    ? { ...base, status: 'input_required', statusMessage, inputRequests }
    : { ...base, status: 'working', statusMessage };
}

/** The result of an ended task never changes, so it does not mention calls that run now. */
function resultOf(facts: TaskFacts, head: StoredConversation, results: Result[]) {
  switch (facts.kind) {
    case 'ask':
      return answered(facts.conversation, results);
    case 'call':
      return called(facts.conversation, results);
    case 'next': {
      const next = results.length > 0 ? 'more' : isExternal(head) ? 'done' : 'rest';
      return news(facts.conversation, { results, after: facts.after, next });
    }
  }
}

const DECIDED = new Set([
  'call_not_awaiting',
  'call_not_asking',
  'call_not_found',
  'conversation_closed',
]);

const keyOf = ({ tenant, conversation }: TaskFacts): ConversationKey => ({
  tenant,
  id: conversation,
});

const cancellerOf = (facts: TaskFacts) =>
  facts.kind === 'ask' ? `task of ${facts.message_id}` : '';

const isEnded = ({ status }: Task) =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

function baseOf(taskId: string, { created }: TaskFacts) {
  const at = new Date(created).toISOString();
  return { taskId, createdAt: at, lastUpdatedAt: at, ttlMs: TTL_MS, pollIntervalMs: POLL_MS };
}
