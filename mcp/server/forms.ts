/** The forms that a client shows to its user: for calls that await approval, and for questions of running calls. */
import { z } from 'zod';
import type { CallHead } from '../../contract/head.ts';
import { answerAction, type AnswerAction } from '../../contract/question.ts';
import type { Look } from './look.ts';
import type { TaskFacts } from './task-id.ts';
import type { Task } from './tool.ts';

type Forms = NonNullable<Task['inputRequests']>;

/** The open forms of a task, by keys that are never reused: the id of the call, and for a question also its id. */
export function formsIn({ head, log }: Look, facts: TaskFacts): Forms {
  const forms: Forms = {};
  for (const call of head.calls) {
    if (facts.kind === 'call' && facts.call_id !== call.id) continue;
    if (call.status === 'awaiting_approval') forms[call.id] = approvalForm(call, log);
    if (call.question) forms[`${call.id}.${call.question.id}`] = questionForm(call.question, log);
  }
  return forms;
}

function approvalForm({ id, tool, why, input }: CallHead, log: Look['log']) {
  const requested = log.find((entry) => entry.kind === 'call.requested' && entry.call_id === id);
  const shown = input ?? (requested?.kind === 'call.requested' ? requested.input : undefined);
  return form(`${why ?? 'A call needs your approval.'}\n${tool} ${JSON.stringify(shown)}`, {
    type: 'object',
    properties: {
      approve: { type: 'boolean', title: `Run ${tool}` },
      reason: { type: 'string', title: 'Reason, if you deny it' },
    },
    required: ['approve'],
  });
}

/** A page to visit is named in the message of a form, since not every client can open one. */
function questionForm(given: NonNullable<CallHead['question']>, log: Look['log']) {
  const entry = log.findLast(
    (each) => each.kind === 'call.event' && each.question?.id === given.id,
  );
  const {
    message,
    url,
    schema = NO_FIELDS,
  } = (entry?.kind === 'call.event' ? entry.question : undefined) ?? given;
  if (url === undefined) return form(message, schema);
  return form(`${message}\nVisit ${url}, and accept when you have.`, NO_FIELDS);
}

const NO_FIELDS = { type: 'object', properties: {} };

const form = (message: string, requestedSchema: object) => ({
  method: 'elicitation/create',
  params: { mode: 'form', message, requestedSchema },
});

export type FormAnswer = { call_id: string } & (
  | { kind: 'decision'; body: { decision: 'approve' | 'deny'; reason?: string } }
  | {
      kind: 'answer';
      body: { question_id: string; action: AnswerAction; content?: Record<string, unknown> };
    }
);

/**
 * Undefined for an answer that decides nothing.
 * @param key of the form
 */
export function readForm(key: string, given: unknown): FormAnswer | undefined {
  const [call_id, question_id] = key.split('.') as [string, string?];
  if (question_id === undefined) {
    const body = decisionOf(given);
    return body && { call_id, kind: 'decision', body };
  }
  const { success, data } = answerToQuestion.safeParse(given);
  if (!success) return undefined;
  const { action, content = {} } = data;
  const isGiven = action === 'accept' && Object.keys(content).length > 0;
  const body = { question_id, action, ...(isGiven && { content }) };
  return { call_id, kind: 'answer', body };
}

const answerToQuestion = z.object({
  action: answerAction,
  content: z.record(z.string(), z.unknown()).optional(),
});

const answerToApproval = z.object({
  action: answerAction,
  content: z.object({ approve: z.boolean(), reason: z.string().max(2_000).optional() }).optional(),
});

/** A person who closes the form may still decide in another way. */
function decisionOf(given: unknown): { decision: 'approve' | 'deny'; reason?: string } | undefined {
  const { success, data } = answerToApproval.safeParse(given);
  if (!success || data.action === 'cancel') return undefined;
  if (data.action === 'accept' && data.content?.approve) return { decision: 'approve' };
  const reason = data.content?.reason?.trim();
  return { decision: 'deny', ...(reason && { reason }) };
}
