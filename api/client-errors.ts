/** Answers input that Node's HTTP parser refuses, and that never becomes a request, as a problem. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyHttpOptions, RawServerDefault } from 'fastify';
import type { Api } from './dependencies.ts';
import { randomId } from './ids.ts';
import { Problem } from './problems.ts';

/** Fastify options: Node itself would answer with an empty body. */
export const clientErrors = {
  clientErrorHandler: (error, socket) => answer(socket, toProblem(error)),
  // A missing host header is reported below.
  http: { requireHostHeader: false },
} satisfies FastifyHttpOptions<RawServerDefault>;

/** Answers everything else that Node would answer itself. */
export function answerClientErrors(app: Api): void {
  app.addHook('onRequest', async ({ raw }) => {
    if (raw.httpVersion === '1.1' && raw.headers.host === undefined) {
      throw new Problem('malformed_request', 'An HTTP/1.1 request needs a Host header.');
    }
  });
  // An expectation other than 100-continue may be ignored (RFC 9110, 10.1.1).
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    app.server.emit('request', request, response),
  );
  app.server.on('connect', ({ url }: IncomingMessage, socket: Duplex) =>
    answer(socket, new Problem('not_found', `There is no CONNECT ${url}.`)),
  );
}

function toProblem({ code, message }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'The URL and headers are larger than 16 kB.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('request_too_large', 'The chunk extensions are too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', 'The request did not complete in time.');
    default:
      return new Problem('malformed_request', `The request is not valid HTTP: ${message}.`);
  }
}

/** The property in which Node has the response in progress on a connection, to an earlier request or to this one. */
const RESPONSE = '_httpMessage';
type Connection = Duplex & { [RESPONSE]?: ServerResponse | null };

function answer(socket: Connection, problem: Problem): void {
  // The client has gone, or a response is in progress: the client would read a second one as part of its body.
  if (!socket.writable || socket[RESPONSE]?.headersSent) {
    socket.destroy();
    return;
  }
  const id = randomId('req');
  const body = JSON.stringify(problem.toDocument(id));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `x-request-id: ${id}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
