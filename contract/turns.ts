/** Why the agent spoke: a conversation's log, grouped by turns. The response of `GET /v1/conversations/:id/turns`. */
import { z } from 'zod';
import { actor, speculation, usage } from './entry.ts';

const seq = z.int().positive();

/** An entry that made the agent speak, or would have. */
export const trigger = z.object({
  seq,
  at: z.iso.datetime(),
  kind: z.string().describe('message.user, call.event, call.completed …'),
  actor,
  what: z
    .string()
    .describe('In words, at most 200 characters: what was said, or "50 % of call_a".'),
});

export const turnReply = z.object({
  reply_id: z.string(),
  seq: seq.describe('Seq of its reply.started entry.'),
  because: z.enum(['message', 'news', 'results']),
  reason: z.string(),
  rules: z
    .array(z.string())
    .describe('The rules behind it (docs/rules.md), such as "R5 when_idle".'),
  status: z.enum(['in_flight', 'completed', 'interrupted', 'failed']),
  interrupted_by: z.enum(['message', 'event', 'request', 'close']).optional(),
  error: z.string().optional(),
  text: z.string().optional().describe('What was said, at most 200 characters.'),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
  duration_ms: z.int().nonnegative().optional(),
  usage: usage.optional(),
  speculation: speculation.optional(),
});

export const turnCall = z.object({
  call_id: z.string(),
  tool: z.string(),
  seq: seq.describe('Seq of its call.requested entry.'),
  reply_id: z.string().describe('The reply that requested it.'),
  status: z.string().describe('As in the conversation: requested, running, completed, dropped …'),
  rules: z.array(z.string()).describe('The rules that applied to it, such as "R9 queued".'),
  why: z.string().optional().describe('Why it was dropped, failed or denied; who cancelled it.'),
});

const fate = (meaning: string) => z.array(trigger).describe(meaning);

export const reached = z.object({
  seq: seq.describe('Seq of its limit.reached entry.'),
  at: z.iso.datetime(),
  limit: z.string(),
  value: z.number(),
  rule: z.string(),
  held_back: fate('News that would have started a turn and that this limit held back.'),
});

export const turn = z.object({
  turn: z.int().positive().describe('1, 2, 3 … within the conversation.'),
  triggered_by: fate('What made the agent speak, who caused it, and when.'),
  because: z.enum(['message', 'news']),
  replies: z.array(turnReply),
  calls: z.array(turnCall).describe('Calls that its replies requested.'),
  spoken: fate('News that was told.'),
  merged: fate('News that a later event of the same call made unnecessary.'),
  silent: fate('News that the model saw and said nothing about.'),
  superseded: fate('News of calls that were cancelled before it was told.'),
  unheard: fate('News that was never told because the conversation closed.'),
  deferred: z
    .array(trigger.extend({ turn: z.int().positive().optional() }))
    .describe(
      'What arrived during a reply of this turn and waited; `turn` is the turn that took it up.',
    ),
  limits: z
    .array(reached)
    .describe('Limits reached during or after it, which explain why nothing was said then.'),
  started_at: z.iso.datetime(),
  ended_at: z.iso
    .datetime()
    .optional()
    .describe('End of its last reply. Absent while one is in flight.'),
  duration_ms: z.int().nonnegative().optional(),
  usage: usage.describe('Tokens of its replies.'),
});

export type Trigger = z.infer<typeof trigger>;
export type TurnReply = z.infer<typeof turnReply>;
export type TurnCall = z.infer<typeof turnCall>;
export type Turn = z.infer<typeof turn>;
