/** Requests and responses of the HTTP API. Requests are strict: a misspelt field is an error and is not ignored. */
import { z } from 'zod';
import { entry, schedule, whenBusy, type EntryKind } from './entry.ts';
import { decision, head } from './head.ts';
import { answerAction } from './question.ts';

/** The agent of a conversation that names none. */
export const DEFAULT_AGENT = 'default';

const MOST_METADATA_BYTES = 16_384;

const text = z
  .string()
  .regex(/\S/, 'must contain a character that is not a space')
  .describe('At least one character that is not a space.');

const author = z
  .string()
  .min(1)
  .max(128)
  .describe("Name of the person who wrote it; becomes the id of the entry's actor.");

/** Not `z.record`, which drops a key named `__proto__`: here every key is data. */
const object = (z.unknown() as z.ZodType<Record<string, unknown>>)
  .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be an object',
    abort: true,
  })
  .meta({ type: 'object', additionalProperties: {} });

const metadata = object
  .refine((value) => Object.keys(value).every((key) => key.length >= 1 && key.length <= 128), {
    error: 'must have names of 1 to 128 characters',
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MOST_METADATA_BYTES, {
    error: `must be at most ${MOST_METADATA_BYTES} bytes of JSON`,
  })
  .meta({
    type: 'object',
    propertyNames: { type: 'string', minLength: 1, maxLength: 128 },
    additionalProperties: {},
    description: `Yours: stored and returned, never interpreted. At most ${MOST_METADATA_BYTES} bytes.`,
  });

const id = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
  .describe('Letters, digits, `_` and `-`, at most 64.');

const count = z.coerce.number().int();
const limit = count.min(1).max(1_000).default(100);

export const conversationParams = z.object({ id });
export const callParams = z.object({ id, call_id: id });
export const resultParams = callParams.extend({
  n: z
    .union([
      z.literal('end'),
      z.coerce.number('must be a number from 1 on, or end').int().positive(),
    ])
    .describe('`stored.n` of its entry.'),
});

export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .describe(
      'Repeating a request with the same key and body has no further effect and returns the same answer.',
    ),
});

export const createConversationBody = z.strictObject({
  agent: z.string().min(1).default(DEFAULT_AGENT).describe('One of `GET /v1/agents`.'),
  metadata: metadata.default({}),
  message: z.strictObject({ text, author: author.optional() }).optional(),
});

export const sendMessageBody = z.strictObject({
  text,
  when_busy: whenBusy.default('interrupt'),
  author: author.optional(),
});

export const interruptBody = z.strictObject({
  scope: z
    .enum(['reply', 'calls', 'all'])
    .describe('reply: stop talking; calls: cancel calls; all: both.'),
  call_ids: z.array(id).min(1).max(1_000).optional().describe('With scope `calls`: only these.'),
  text: text.optional().describe('A message that the user sends with it.'),
});

export const decideCallBody = z.strictObject({
  decision,
  reason: text.max(2_000).optional().describe('Why it is denied; the model is told.'),
  author: author.optional(),
});

export const answerCallBody = z.strictObject({
  question_id: z
    .string()
    .max(64)
    .optional()
    .describe('Absent: the question that the call asks now. With it, a repeat changes nothing.'),
  action: answerAction,
  content: object
    .optional()
    .describe('With `accept`: matches the `schema` of the question. Absent if it has none.'),
  author: author.optional(),
});

const pushed = {
  n: z.int().positive().max(1_000_000_000).describe('1, 2, 3 … within a call.'),
};
const pushSchedule = schedule.default('when_idle');

export const callEventParams = z.object({ token: z.string() });

export const callEventBody = z.discriminatedUnion('kind', [
  z.strictObject({
    ...pushed,
    kind: z.literal('progress'),
    percent: z.number().min(0).max(100),
    note: z.string().max(500).optional(),
    schedule: pushSchedule,
  }),
  z
    .strictObject({
      ...pushed,
      kind: z.literal('result'),
      data: z.unknown(),
      schedule: pushSchedule,
    })
    .describe('A partial result; more follows.'),
  z
    .strictObject({ ...pushed, kind: z.literal('done'), data: z.unknown().optional() })
    .describe('The call is complete; `data` is its last result.'),
  z
    .strictObject({
      ...pushed,
      kind: z.literal('failed'),
      error: z.strictObject({
        type: z
          .string()
          .regex(/^[\w.-]{1,64}$/, 'must be a word')
          .default('ToolError'),
        message: text.max(3_000),
      }),
    })
    .describe('The call ended without a result.'),
]);

export const entriesQuery = z.strictObject({
  after: count.min(0).max(999_999_999).default(0).describe('Entries with a higher seq.'),
  limit,
  kind: z
    .union([kinds(), z.array(kinds())])
    .transform((kind) => [kind].flat())
    .optional()
    .describe('Only these kinds; may be repeated.'),
});

export const listQuery = z.strictObject({
  status: head.shape.status.optional(),
  after: id.optional().describe('The `next_after` of the previous page.'),
  limit,
  search: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'Only conversations in which each of these words occurs: in the earliest of what was said, or in their title (`metadata.title`), agent, tools or id. ' +
        'A page looks at 100 conversations, so it may be empty: go on while there is a `next_after`. Not together with `status`.',
    ),
  known: z
    .string()
    .max(100)
    .optional()
    .describe(
      'The `version` of a page that you have: while nothing has changed, the answer is 204. Many clients that ask share one read, so the answer may be a second old.',
    ),
});

export const conversation = head.extend({
  id: z.string(),
  agent: z.string(),
  metadata: object,
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  last_seq: z.int().nonnegative().describe('The seq of the newest entry; 0 if there is none yet.'),
  revision: z
    .int()
    .nonnegative()
    .describe('Grows when entries that could have been read are replaced.'),
  erased_at: z.iso
    .datetime()
    .optional()
    .describe('When its words were erased: nothing else of it is left.'),
});

const excerpt = z
  .object({
    seq: z.int().positive().describe('The entry with this text.'),
    text: z
      .string()
      .describe('At most 160 characters of it, around the words, with `…` wherever it is cut.'),
  })
  .describe(
    'Where a search found its words: in the earliest of the texts that have the most of them. Absent if no text has any of them, or if the texts are encrypted.',
  );

export const listedConversation = conversation.extend({ excerpt: excerpt.optional() });

export const conversationPage = z
  .object({
    conversations: z.array(listedConversation).describe('Newest first.'),
    next_after: z
      .string()
      .optional()
      .describe('Pass as `after` for the next page; absent on the last.'),
    version: z
      .string()
      .describe('Changes whenever anything in the page changes. Pass it as `known`.'),
    searched: z
      .enum(['words', 'titles'])
      .optional()
      .describe(
        'What a search has read. `titles`: the texts are encrypted and cannot be searched, so only titles, agents and the tools of recent calls were.',
      ),
  })
  .describe('A page of conversations.');

export const erasedTenant = z
  .object({
    erased: z.int().nonnegative().describe('Conversations that this request has erased.'),
    is_complete: z.boolean().describe('False: there are more; repeat the request.'),
  })
  .describe('The progress of erasing the tenant.');

export const entryPage = z
  .object({
    entries: z.array(entry),
    next_after: z
      .int()
      .optional()
      .describe('Pass as `after` for the next page; absent on the last.'),
    revision: z
      .int()
      .nonnegative()
      .describe(
        'Revision of the whole log. To continue with the stream from here: `?after=<last seq>.<revision>`.',
      ),
  })
  .describe('A page of the log.');

export const messageAccepted = z
  .object({ message_id: z.string() })
  .describe('The message was accepted under this id.');
export const interruptAccepted = z
  .object({ message_id: z.string().optional() })
  .describe('The interruption was accepted; with `text`, its message has this id.');
export const callAccepted = z
  .object({ call_id: z.string() })
  .describe('The cancellation was accepted.');
export const decisionAccepted = z
  .object({ call_id: z.string(), decision })
  .describe('The decision was accepted.');
export const answerAccepted = z
  .object({ call_id: z.string(), question_id: z.string(), action: answerAction })
  .describe('The answer was accepted.');
export const callEventAccepted = z.object({ n: z.int() }).describe('The event was accepted.');
export const closeAccepted = z
  .object({ id: z.string() })
  .describe('The conversation is being closed.');

function kinds() {
  return z.enum(entry.options.map((option) => option.shape.kind.value) as [EntryKind]);
}
