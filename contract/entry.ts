/**
 * One entry of a conversation's log. Kinds are in the past tense and never reused with another meaning.
 * The schema is validation, type and documentation at once.
 */
import { z } from 'zod';
import { answerAction, openQuestion } from './question.ts';
import { stored } from './stored.ts';

const seq = z.int().positive();

export const actor = z.object({
  type: z.enum(['user', 'agent', 'tool', 'system']),
  id: z.string(),
});

export const failure = z.object({
  type: z.string().describe('A stable word to branch on, such as RateLimited or InvalidInput.'),
  message: z.string().describe('One sentence for a person or a model.'),
});

/** The outcome of a speculative start, if there was one (docs/decisions/0046-speculative-start.md). */
export const speculation = z
  .enum(['adopted', 'refused'])
  .describe(
    'The model was asked while the message was on its way. `adopted`: that answer is this reply. `refused`: the request turned out to be another one, so the model was asked again.',
  );

export const usage = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  estimated: z
    .literal(true)
    .optional()
    .describe(
      'Partly our own estimate: the provider reported no count, or was cut off before it did.',
    ),
});

export const attached = z
  .object({
    by: z.string().describe('Hash of the server and model.'),
    data: z.string().describe('Compressed, in base64.'),
  })
  .describe('Data that the model provider attached and expects back. Nothing else reads it.');

export const schedule = z
  .enum(['silent', 'when_idle', 'interrupt'])
  .describe(
    'silent: told in the next turn; when_idle: starts a turn when no reply is in flight; interrupt: stops the reply in flight.',
  );

export const whenBusy = z
  .enum(['interrupt', 'queue', 'reject', 'rollback'])
  .describe('What this message does to a reply in flight.');

export const closedBy = z
  .enum(['cancelled', 'terminated', 'failed', 'timed_out', 'completed', 'lost'])
  .describe(
    'How an operator or a fault ended its workflow. lost: no workflow was found. Absent: it was closed on request.',
  );

export const anchor = z
  .string()
  .describe(
    'For a harness that uses the service as a proxy of its model: the item of its thread after which the model is shown this.',
  );

const head = {
  seq: seq.describe('1, 2, 3 … without gaps within a conversation.'),
  at: z.iso.datetime().describe('When it was decided, by the workflow clock.'),
  actor: actor.describe('Who caused it.'),
  cause: z.array(seq).describe('The entries that led to this one.'),
};

const kind = <K extends string, S extends z.ZodRawShape>(name: K, body: S) =>
  z.object({ ...head, kind: z.literal(name), ...body });

const reply_id = z.string().describe('reply_1, reply_2 …');
const call_id = z.string();

export const entry = z.discriminatedUnion('kind', [
  kind('message.user', { message_id: z.string(), text: z.string(), when_busy: whenBusy }),

  kind('reply.started', {
    reply_id,
    because: z
      .enum(['message', 'news', 'results'])
      .describe(
        'A user message; news of calls; or the results of calls that the previous reply made.',
      ),
    reason: z.string().describe('In words, as shown in the Temporal UI.'),
  }),
  kind('reply.completed', {
    reply_id,
    text: z.string(),
    usage,
    attached: attached.optional(),
    speculation: speculation.optional(),
  }),
  kind('reply.interrupted', {
    reply_id,
    text: z.string().describe('What the agent had said by then.'),
    by: z.enum(['message', 'event', 'request', 'close']),
    rolled_back: z.boolean().describe('True: the model will not see what was said.'),
  }),
  kind('reply.failed', {
    reply_id,
    error: failure,
    text: z.string().optional().describe('The text of the last attempt, as far as it came.'),
    usage: usage.optional().describe('Usage of all attempts, as far as it is known.'),
  }),

  kind('call.requested', {
    call_id,
    tool: z.string(),
    input: z.unknown(),
    report: z
      .string()
      .optional()
      .describe('When its progress is reported to the model, in the words of the model.'),
    awaits: z
      .literal('managed')
      .optional()
      .describe(
        'managed: its flow is suspended, and the model is told of all its results at once. Absent: the model is told of each as it comes.',
      ),
    results: z
      .int()
      .positive()
      .optional()
      .describe(
        'For a managed call: how many results its flow waits for. Absent: it waits until the call ends.',
      ),
    attached: attached.optional(),
    anchor: anchor.optional(),
  }),
  kind('call.dropped', { call_id, why: z.string() }),
  kind('call.awaiting_approval', {
    call_id,
    why: z.string().describe('Why a person has to approve it, in words.'),
    input: z
      .unknown()
      .optional()
      .describe(
        'What the tool gets once a person approves: checked, converted and with its defaults. Absent in entries of earlier versions.',
      ),
    expires_at: z.iso.datetime().describe('A call that is not approved by then is denied.'),
  }),
  kind('call.approved', { call_id }),
  kind('call.denied', {
    call_id,
    reason: z.string().optional().describe('In the words of the person who denied it.'),
  }),
  kind('call.queued', { call_id, position: z.int().positive() }),
  kind('call.started', { call_id }),
  kind('call.event', {
    call_id,
    n: z.int().positive().describe('Numbered by the tool: 1, 2, 3 …'),
    event: z.enum(['progress', 'result']),
    percent: z.number().min(0).max(100).optional(),
    note: z.string().optional(),
    data: z.unknown().optional(),
    stored: stored.optional().describe('Replaces `data` that is large.'),
    schedule,
    pushed_n: z.int().positive().optional().describe("The remote tool's own number for it."),
    missing: z
      .array(z.int().positive())
      .optional()
      .describe('Numbers below `pushed_n` that had not arrived by then; at most 20.'),
    question: openQuestion
      .optional()
      .describe('What the call asks a person. It waits for the answer.'),
    settles: z
      .literal(true)
      .optional()
      .describe('The tool no longer waits for the answer to its question.'),
  }),
  kind('call.answered', {
    call_id,
    question_id: z.string(),
    action: answerAction,
    content: z.record(z.string(), z.unknown()).optional().describe('What the tool is told.'),
  }),
  kind('call.completed', {
    call_id,
    result: z.unknown(),
    stored: stored
      .optional()
      .describe(
        'Set for a large result, whose `result` is null then; and for one with parts that a model cannot read, such as images: ' +
          'then `result` describes them.',
      ),
  }),
  kind('call.failed', { call_id, error: failure }),
  kind('call.cancelled', { call_id, by: z.string().describe('user, agent or close.') }),

  kind('receipt', {
    of: z
      .array(seq)
      .describe('The call.event, call.completed, call.failed and call.denied entries it is about.'),
    fate: z
      .enum(['spoken', 'merged', 'superseded', 'silent', 'failed', 'delivered', 'acknowledged'])
      .describe(
        'spoken: told in reply_id. merged: a later event of the same call was told instead. superseded: its call was cancelled first. ' +
          'silent: the model saw it and said nothing. failed: the conversation closed first. ' +
          'delivered: it was sent to the client of a conversation whose model is elsewhere. acknowledged: that client has it.',
      ),
    reply_id: reply_id.optional(),
    anchor: anchor
      .optional()
      .describe(
        'For a harness that uses the service as a proxy of its model: where the model was shown it; `pushed`: outside of its turns. Absent: as the result of its call.',
      ),
  }),
  kind('summary', {
    text: z.string().describe('What the model reads in place of every entry up to `to`.'),
    from: seq.describe(
      'First entry covered. Earlier entries are covered through the previous summary.',
    ),
    to: seq.describe(
      'Last entry covered. All entries stay in the log, including those the model no longer reads.',
    ),
    usage,
  }),
  kind('summary.failed', {
    from: seq,
    to: seq,
    error: failure,
  }),
  kind('limit.reached', {
    limit: z
      .string()
      .describe(
        'unsolicited_per_minute: news waits. unsolicited_in_a_row, max_tokens, max_tokens_per_tenant_per_day and max_replies_per_turn: ' +
          'the agent is quiet until the user writes.',
      ),
    value: z.number(),
  }),
  kind('conversation.reset', {
    from: seq
      .optional()
      .describe('First entry that was taken back. Absent: none was, as far as is known.'),
    to: seq.optional().describe('Last entry that was taken back.'),
    reason: z.string().optional().describe("In the operator's words."),
  }),
  kind('signal.dropped', {
    signal: z.string().describe('Name of the signal.'),
    why: z.string().describe('Which part of it is invalid, and how.'),
    more: z
      .int()
      .positive()
      .optional()
      .describe(
        'How many were dropped since the previous entry of this kind without an entry of their own.',
      ),
  }),
  kind('conversation.closed', {
    why: closedBy.optional(),
  }),
]);

export type Entry = z.infer<typeof entry>;
export type EntryKind = Entry['kind'];
export type EntryOf<K extends EntryKind> = Extract<Entry, { kind: K }>;
export type Actor = z.infer<typeof actor>;
export type Speculation = z.infer<typeof speculation>;
export type Failure = z.infer<typeof failure>;
export type Usage = z.infer<typeof usage>;
export type Attached = z.infer<typeof attached>;
export type Schedule = z.infer<typeof schedule>;
export type ClosedBy = z.infer<typeof closedBy>;
export type WhenBusy = z.infer<typeof whenBusy>;
