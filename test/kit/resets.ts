/** Resets conversations as an operator does in Temporal, and reads the log that results. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { count, type Rig } from './rig.ts';

/** `temporal.api.enums.v1.EventType`, `.ResetReapplyExcludeType` */
const TASK_COMPLETED = 7;
const SIGNALS_AND_UPDATES = [1, 2];

export type RigConversation = Awaited<ReturnType<Rig['converse']>>;

export function resetsOf(rig: () => Rig) {
  /** The tasks of the current run, by the number of the event at which each was completed, oldest first. */
  async function tasksOf({ handle }: RigConversation): Promise<number[]> {
    const { events } = await rig().client.workflow.getHandle(handle.workflowId).fetchHistory();
    return events!
      .filter(({ eventType }) => Number(eventType) === TASK_COMPLETED)
      .map(({ eventId }) => Number(eventId));
  }

  async function reset(
    { handle }: RigConversation,
    task: number,
    { runId = '', forgets = false } = {},
  ): Promise<string> {
    const made = await rig().client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId, runId },
      reason: 'by hand',
      workflowTaskFinishEventId: task as never,
      requestId: randomUUID(),
      ...(forgets && { resetReapplyExcludeTypes: SIGNALS_AND_UPDATES }),
    });
    return made.runId;
  }

  /** The last task that was completed before the first event of this kind. */
  async function taskBefore(conversation: RigConversation, attributes: string): Promise<number> {
    const { handle } = conversation;
    const { events } = await rig().client.workflow.getHandle(handle.workflowId).fetchHistory();
    const at = events!.findIndex((event) => (event as never)[attributes]);
    return Number(
      events!.slice(0, at).findLast(({ eventType }) => Number(eventType) === TASK_COMPLETED)!
        .eventId,
    );
  }

  /** The task in which the answer to a message was heard. */
  async function taskOfReply({ handle }: RigConversation, number: number): Promise<number> {
    let task: number | undefined;
    const find = async () => {
      const { events } = await rig().client.workflow.getHandle(handle.workflowId).fetchHistory();
      const replies = events!.filter((event) => event.activityTaskCompletedEventAttributes);
      const since = events!.slice(events!.indexOf(replies[number - 1]!));
      const done = since.find(({ eventType }) => Number(eventType) === TASK_COMPLETED);
      return (task = done && Number(done.eventId));
    };
    await expect.poll(find, { timeout: 10_000 }).toBeDefined();
    return task!;
  }

  const logOf = async ({ key }: RigConversation) =>
    (await rig().store.entries(key, { after: 0, limit: 1_000 }))?.entries ?? [];
  const kindsOf = async (conversation: RigConversation) =>
    (await logOf(conversation)).map(({ kind }) => kind);

  /** Replies of earlier runs may still be requested. */
  async function askedIn({ key }: RigConversation) {
    for (;;) {
      const asked = await rig().asked();
      if (asked.request.conversation.id === key.id) return asked;
      asked.says('Nobody waits.');
    }
  }

  async function answered(conversation: RigConversation, text: string, answer = `To ${text}`) {
    const before = count(await kindsOf(conversation), 'reply.completed');
    await conversation.say(text);
    (await askedIn(conversation)).says(answer);
    await conversation.until('it is answered', (k) => count(k, 'reply.completed') > before);
  }

  return { tasksOf, reset, taskBefore, taskOfReply, logOf, kindsOf, askedIn, answered };
}
