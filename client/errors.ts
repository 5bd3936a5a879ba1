/** Errors of requests, with the names and fields of those of the `openai` package. */
import type { FieldError } from '../contract/problem.ts';

/** The body of an error response: RFC 9457 problem details. */
export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  errors?: FieldError[];
}

/** Every error that this client throws. */
export class MeanwhileError extends Error {
  override name = 'MeanwhileError';
}

/** A request failed. `status` is undefined if there was no response. */
export class APIError extends MeanwhileError {
  override name = 'APIError';
  readonly status: number | undefined;
  /** The code to branch on, as docs/errors.md lists them. Undefined if the response is not from the service. */
  readonly code: string | undefined;
  /** Identifies the request in the log of the service. */
  readonly requestId: string | undefined;
  readonly headers: Headers | undefined;
  readonly problem: ProblemBody | undefined;

  constructor(
    message: string,
    {
      status,
      headers,
      problem,
      cause,
    }: { status?: number; headers?: Headers; problem?: ProblemBody; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.headers = headers;
    this.problem = problem;
    this.code = problem?.code;
    this.requestId = headers?.get('x-request-id') ?? undefined;
  }

  /** The fields that are invalid, if the service names them. */
  get errors(): FieldError[] {
    return this.problem?.errors ?? [];
  }
}

/** There was no response: the service cannot be reached, or the connection broke. */
export class APIConnectionError extends APIError {
  override name = 'APIConnectionError';
}

export class APIConnectionTimeoutError extends APIConnectionError {
  override name = 'APIConnectionTimeoutError';
}

/** The caller's signal aborted the request. */
export class APIUserAbortError extends APIError {
  override name = 'APIUserAbortError';
}

/** 400: the request does not match its schema. */
export class BadRequestError extends APIError {
  override name = 'BadRequestError';
}

/** 401 */
export class AuthenticationError extends APIError {
  override name = 'AuthenticationError';
}

/** 403 */
export class PermissionDeniedError extends APIError {
  override name = 'PermissionDeniedError';
}

/** 404 */
export class NotFoundError extends APIError {
  override name = 'NotFoundError';
}

/** 409: the conversation is busy or closed, or the call is not as expected. `code` says which. */
export class ConflictError extends APIError {
  override name = 'ConflictError';
}

/** 422: for example, no such agent. */
export class UnprocessableEntityError extends APIError {
  override name = 'UnprocessableEntityError';
}

/** 429 */
export class RateLimitError extends APIError {
  override name = 'RateLimitError';
}

/** 500 and above */
export class InternalServerError extends APIError {
  override name = 'InternalServerError';
}

const BY_STATUS: Record<number, typeof APIError> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  422: UnprocessableEntityError,
  429: RateLimitError,
};

/** The error of a response that is not a success. Reads its body. */
export async function toError(response: Response): Promise<APIError> {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  const problem = problemIn(text);
  const words = problem?.detail ?? problem?.title ?? text.slice(0, MOST_QUOTED_CHARS);
  const Kind = status >= 500 ? InternalServerError : (BY_STATUS[status] ?? APIError);
  const message = [status, problem?.code, words].filter(Boolean).join(' ');
  return new Kind(message, { status, headers, ...(problem && { problem }) });
}

function problemIn(text: string): ProblemBody | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : undefined;
  } catch {
    return undefined;
  }
}

const MOST_QUOTED_CHARS = 500;
