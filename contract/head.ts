/** The current state of a conversation, written with every batch of entries. A single row answers `GET /v1/conversations/:id`. */
import { z } from 'zod';
import { usage } from './entry.ts';
import { openQuestion } from './question.ts';

export const decision = z.enum(['approve', 'deny']);

export const callHead = z.object({
  id: z.string(),
  tool: z.string(),
  status: z.enum([
    'requested',
    'awaiting_approval',
    'queued',
    'running',
    'completed',
    'failed',
    'cancelled',
    'denied',
    'dropped',
  ]),
  percent: z.number().optional(),
  note: z.string().optional(),
  requested_at: z.iso.datetime(),
  queued_at: z.iso.datetime().optional(),
  started_at: z.iso.datetime().optional(),
  ended_at: z.iso.datetime().optional(),
  position: z.int().positive().optional().describe('Place in the queue; 1 is next.'),
  expires_at: z.iso
    .datetime()
    .optional()
    .describe('While it awaits approval: the deadline for approving it.'),
  why: z
    .string()
    .optional()
    .describe('While it awaits approval: why a person has to approve it, in words.'),
  input: z
    .unknown()
    .optional()
    .describe(
      'While it awaits approval: what the tool gets once a person approves. Absent when that is long: its `call.awaiting_approval` entry has it.',
    ),
  suspended: z
    .object({ results: z.int().nonnegative(), of: z.int().positive().optional() })
    .optional()
    .describe(
      'While its flow is suspended (`awaits: managed`): results received, out of how many. Without `of`: it waits until the call ends.',
    ),
  decision: decision.optional().describe('What a person has decided.'),
  question: openQuestion
    .optional()
    .describe(
      'What the running call asks a person. Without `schema` if that is long: its `call.event` entry has it.',
    ),
});

export const head = z.object({
  status: z.enum(['idle', 'replying', 'closed']),
  reply: z.object({ id: z.string(), started_at: z.iso.datetime() }).optional(),
  calls: z.array(callHead).describe('Every open call, then the last few that ended.'),
  usage: usage.describe('Tokens of all replies so far.'),
});

export type ApprovalDecision = z.infer<typeof decision>;
export type CallHead = z.infer<typeof callHead>;
export type Head = z.infer<typeof head>;
