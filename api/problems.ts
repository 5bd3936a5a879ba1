/**
 * Every error that a client can get, defined once: RFC 9457 problem details. A client branches on `code`; docs/errors.md explains
 * the same codes and a test compares the two.
 */
import { z } from 'zod';
import { type FieldError, fieldError } from '../contract/problem.ts';

export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not valid JSON.' },
  malformed_request: { status: 400, title: 'The request is not valid HTTP.' },
  invalid_request: { status: 400, title: 'The request does not match its schema.' },
  unauthenticated: { status: 401, title: 'The request has no valid key or token.' },
  push_url_invalid: { status: 401, title: 'The push URL is not valid.' },
  forbidden: { status: 403, title: 'The key or token does not allow this.' },
  not_found: { status: 404, title: 'There is nothing at this address.' },
  conversation_not_found: { status: 404, title: 'There is no such conversation.' },
  result_not_found: { status: 404, title: 'There is no such stored result.' },
  call_not_found: { status: 404, title: 'There is no such call.' },
  key_not_found: { status: 404, title: 'There is no such key.' },
  key_ended: { status: 409, title: 'The key has been revoked or has expired.' },
  method_not_allowed: { status: 405, title: 'The address does not have this method.' },
  call_not_awaiting: { status: 409, title: 'The call does not await approval.' },
  call_not_asking: { status: 409, title: 'The call does not ask that.' },
  request_timeout: { status: 408, title: 'The request did not arrive in time.' },
  tool_changed: { status: 409, title: 'The tool has changed since the call was requested.' },
  conversation_busy: { status: 409, title: 'The conversation is busy.' },
  conversation_closing: { status: 409, title: 'The conversation is still being closed.' },
  conversation_closed: { status: 409, title: 'The conversation is closed.' },
  idempotency_conflict: {
    status: 409,
    title: 'The idempotency key was used with a different body.',
  },
  push_conflict: { status: 409, title: 'The event was pushed with a different body.' },
  conversation_retired: { status: 410, title: 'The conversation has left the log.' },
  push_url_expired: { status: 410, title: 'The push URL has expired.' },
  call_over: { status: 410, title: 'The call is over.' },
  request_too_large: { status: 413, title: 'The body is too large.' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json.' },
  unknown_agent: { status: 422, title: 'There is no such agent.' },
  rate_limited: { status: 429, title: 'A limit of the tenant or key is reached.' },
  headers_too_large: { status: 431, title: 'The headers are too large.' },
  internal_error: { status: 500, title: 'Something went wrong on our side.' },
  conversation_lost: { status: 503, title: 'The conversation is not running.' },
  not_ready: { status: 503, title: 'The service is not ready.' },
  sign_in_unavailable: { status: 503, title: 'The identity provider does not answer.' },
  store_unavailable: { status: 503, title: 'The store does not answer.' },
  temporal_unavailable: { status: 503, title: 'The workflow server does not answer.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const problemDocument = z.object({
  type: z.string().describe('`urn:meanwhile:problem:<code>`'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('One sentence about this occurrence.'),
  code: z
    .enum(Object.keys(PROBLEMS) as [ProblemCode])
    .describe('The code to branch on; see docs/errors.md.'),
  errors: z.array(fieldError).optional().describe('Each invalid field.'),
  request_id: z
    .string()
    .describe('As in `x-request-id`, and as `reqId` in the log of the service.'),
});

export type ProblemDocument = z.infer<typeof problemDocument>;

/** Thrown by a route, answered as a problem. */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly errors: FieldError[] | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  /** @param detail describes this occurrence, in a sentence that a client may see */
  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: FieldError[]; retryAfter?: number } = {},
  ) {
    super(detail);
    this.code = code;
    this.errors = more.errors;
    this.retryAfter = more.retryAfter;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  toDocument(request_id: string): ProblemDocument {
    const { code, message: detail, errors } = this;
    return {
      type: `urn:meanwhile:problem:${code}`,
      ...PROBLEMS[code],
      detail,
      code,
      ...(errors && { errors }),
      request_id,
    };
  }
}

/** The problems of every route that takes a body. */
export const BODY_PROBLEMS = [
  'malformed_json',
  'invalid_request',
  'request_too_large',
  'unsupported_media_type',
] as const satisfies ProblemCode[];

/** The problems of every route that sends something to a conversation's workflow. */
export const RUNNING_PROBLEMS = [
  'conversation_not_found',
  'conversation_lost',
  'store_unavailable',
  'temporal_unavailable',
] as const satisfies ProblemCode[];

/** The response schemas of a route that may answer with these problems. */
export function problemResponses(...codes: ProblemCode[]) {
  return withProblems({}, ...codes, 'internal_error');
}

/** The same responses, and those with these problems. */
export function withProblems(responses: Record<string, unknown>, ...codes: ProblemCode[]) {
  const result: Record<string, any> = { ...responses };
  for (const code of codes.flatMap(withRetired)) {
    const { status } = PROBLEMS[code];
    const known = result[status]?.description as string | undefined;
    result[status] = {
      description: known === undefined ? code : `${known}, ${code}`,
      content: { 'application/problem+json': { schema: problemDocument } },
    };
  }
  return result;
}

/** A route that may not find a conversation may also find that it has left the log. */
const withRetired = (code: ProblemCode): ProblemCode[] =>
  code === 'conversation_not_found' ? [code, 'conversation_retired'] : [code];
