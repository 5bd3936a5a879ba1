/** Every error becomes a problem; our own faults are logged and not shown. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { cut } from '../contract/stored.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { GatewayUnavailable } from './gateway.ts';
import type { FieldError } from '../contract/problem.ts';
import { Problem } from './problems.ts';

export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = toProblem(error, request);
  if (problem.status >= 500) request.log.error({ err: error }, problem.message);
  return sendProblem(reply, problem);
}

export function handleNotFound(request: FastifyRequest, reply: FastifyReply) {
  return sendProblem(
    reply,
    new Problem('not_found', `There is no ${request.method} ${request.url.split('?')[0]}.`),
  );
}

function sendProblem(reply: FastifyReply, problem: Problem) {
  if (problem.retryAfter !== undefined) reply.header('retry-after', problem.retryAfter);
  return (
    reply
      .code(problem.status)
      .type('application/problem+json')
      // Works even if the route declares no such response.
      .serializer(JSON.stringify)
      .send(problem.toDocument(reply.request.id))
  );
}

/** @param request the failed request, to name its invalid fields */
export function toProblem(error: unknown, request?: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof GatewayUnavailable) {
    return new Problem('temporal_unavailable', `${error.message} Please try again.`, {
      retryAfter: 2,
    });
  }
  if (error instanceof StoreUnavailable) {
    const detail = 'The log is safe but cannot be read or written at the moment. Please try again.';
    return new Problem('store_unavailable', detail, { retryAfter: 1 });
  }
  if (request && hasZodFastifySchemaValidationErrors(error)) return invalid(error, request);
  return ofFramework(error as Partial<FastifyError>);
}

/** Errors that Fastify raises before a route is reached. */
function ofFramework({ code, statusCode = 500, message = '' }: Partial<FastifyError>): Problem {
  switch (statusCode) {
    case 413:
      return new Problem('request_too_large', 'The body is larger than this service accepts.');
    case 415:
      return new Problem('unsupported_media_type', 'Send content-type: application/json.');
    case 400:
      return code === undefined || code.startsWith('FST_ERR_CTP')
        ? new Problem('malformed_json', message)
        : new Problem('invalid_request', message);
    case 404:
    case 414:
      return new Problem('not_found', 'There is nothing at this address.');
    default:
      return new Problem('internal_error', 'The error has been logged.');
  }
}

interface Invalid {
  validation: { instancePath: string; message?: string; keyword?: string; params?: object }[];
  validationContext?: string;
}

function invalid(error: Invalid, request: FastifyRequest): Problem {
  const place = { querystring: 'query', headers: 'header' }[error.validationContext ?? ''];
  const context = place ?? error.validationContext ?? 'request';
  if (context === 'body' && request.body === undefined) {
    return new Problem('invalid_request', 'A JSON body is required.', {
      errors: [{ path: 'body', message: 'is missing' }],
    });
  }
  const errors = error.validation.slice(0, MOST_ERRORS).map((issue): FieldError => {
    const path = [context, ...issue.instancePath.split('/').filter(Boolean)].join('.');
    return { path: short(path), message: short(issue.message ?? 'is invalid') };
  });
  const fields = errors.map(({ path, message }) => `${path}: ${message}`);
  return new Problem('invalid_request', fields.join('; '), { errors });
}

/** Each element of a long list may be invalid, and a quoted name may be as long as the body. */
const MOST_ERRORS = 20;
const MOST_CHARS = 500;

const short = (text: string) => (text.length > MOST_CHARS ? `${cut(text, 0, MOST_CHARS)}…` : text);
