/** Passes a person's answer on to the running call that asks, for REST and MCP alike. */
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import type { z } from 'zod';
import { CALL_ENDS } from '../contract/call-ends.ts';
import type { EntryOf } from '../contract/entry.ts';
import type { answerCallBody } from '../contract/http.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { FieldError } from '../contract/problem.ts';
import type { Question } from '../contract/question.ts';
import { allEntries } from '../store/all-entries.ts';
import type { Store } from '../store/store.ts';
import type { ApiDependencies } from './dependencies.ts';
import { claimKey } from './idempotency.ts';
import { whyNotRunning } from './not-running.ts';
import { Problem } from './problems.ts';

type Body = z.infer<typeof answerCallBody>;

/**
 * @param request.key the idempotency key, if the client sent one
 * @returns the id of the question
 */
export async function answerCall(
  { store, gateway }: Pick<ApiDependencies, 'store' | 'gateway'>,
  conversation: ConversationKey,
  { call_id, body, key }: { call_id: string; body: Body; key?: string },
): Promise<string> {
  const { action, author } = body;
  const call = await readQuestions(store, conversation, call_id);
  if (!call) throw new Problem('call_not_found', `There is no call ${call_id}.`);
  const question = body.question_id === undefined ? call.open : call.asked.get(body.question_id);
  if (!question) {
    throw new Problem(
      'call_not_asking',
      `${call_id} does not ask ${body.question_id ?? 'anything'}.`,
    );
  }
  const content = contentFor(question, body);
  await claimKey(store, {
    tenant: conversation.tenant,
    scope: `answer of ${call_id} in ${conversation.id}`,
    key,
    body,
    answer: {},
    goesOnWithout: true,
  });
  const { outcome, ...refused } = await gateway.answerCall(conversation, {
    call_id,
    question_id: question.id,
    action,
    ...(content && { content }),
    ...(author !== undefined && { by: author }),
  });
  // The workflow remembers only its last answer, and ends when the conversation is closed. The log has all answers.
  if (outcome !== 'accepted' && call.answers.get(question.id) !== action) {
    if (outcome === 'not_running') throw await whyNotRunning({ store, gateway }, conversation);
    const why = 'message' in refused ? refused.message : '';
    throw new Problem('call_not_asking', why);
  }
  return question.id;
}

interface AskingCall {
  asked: Map<string, Question>;
  answers: Map<string, EntryOf<'call.answered'>['action']>;
  /** Not answered yet. */
  open?: Question;
}

/** Undefined when no such call was requested. */
async function readQuestions(
  store: Pick<Store, 'entries'>,
  conversation: ConversationKey,
  callId: string,
): Promise<AskingCall | undefined> {
  let call: AskingCall | undefined;
  const kinds = ['call.requested', 'call.event', 'call.answered', ...CALL_ENDS] as const;
  for await (const entry of allEntries(store, conversation, [...kinds])) {
    if (!('call_id' in entry) || entry.call_id !== callId) continue;
    call ??= { asked: new Map(), answers: new Map() };
    if (entry.kind === 'call.answered') call.answers.set(entry.question_id, entry.action);
    if (entry.kind === 'call.event' && entry.question) {
      const { expires_at: _, ...question } = entry.question;
      call.asked.set(question.id, question);
      call.open = question;
    } else if (entry.kind !== 'call.event' || entry.settles) delete call.open;
  }
  return call;
}

/** @throws Problem `invalid_request` */
function contentFor({ schema }: Question, { action, content }: Body): Body['content'] {
  const refused = (...errors: FieldError[]) => {
    const detail = errors.map(({ path, message }) => `${path}: ${message}`).join(', ');
    return new Problem('invalid_request', detail, { errors });
  };
  if (action !== 'accept' || !schema) {
    if (content === undefined) return undefined;
    const message = 'must be absent: the question asks for none, or is not accepted';
    throw refused({ path: 'body.content', message });
  }
  const filled = withDefaults(schema, content ?? {});
  const { valid, errorMessage } = new AjvJsonSchemaValidator().getValidator(schema)(filled);
  if (valid) return filled;
  throw refused(...fieldErrors(errorMessage ?? 'data does not match the schema of the question'));
}

/** @param message as ajv writes it: `data/mail must match format "email", data must have required property 'branch'` */
export function fieldErrors(message: string): FieldError[] {
  return message.split(/, (?=data[ /])/).map((error) => {
    const [, where = '', what] = /^data(\/\S+)? (.+)$/s.exec(error) ?? ['', '', error];
    return { path: `body.content${where.replaceAll('/', '.')}`, message: what };
  });
}

/** Fills in the defaults of the schema for fields that are left out. */
export function withDefaults(
  { properties }: Record<string, unknown>,
  content: Record<string, unknown>,
): Record<string, unknown> {
  const defaults = Object.entries((properties ?? {}) as Record<string, unknown>).flatMap(
    ([name, field]) =>
      typeof field === 'object' && field !== null && 'default' in field
        ? [[name, field.default] as const]
        : [],
  );
  return { ...Object.fromEntries(defaults), ...content };
}
