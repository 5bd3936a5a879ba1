import { APIConnectionError, APIError } from '../client/index.ts';
import { reasonOf } from './chat/reason.ts';

/**
 * The error of a request to the service, with a message for the operator. Any other error is returned as it is.
 * @param elsewhere how this command is given the address of another service, as the end of a sentence
 */
export function failedRequest(error: unknown, url: string, elsewhere: string): unknown {
  if (!(error instanceof APIError)) return error;
  return new Error(messageOf(error, url, elsewhere), { cause: error });
}

function messageOf(error: APIError, url: string, elsewhere: string): string {
  if (error instanceof APIConnectionError) {
    return `No service answers at ${url}. Start one with \`meanwhile start\`, or ${elsewhere}.`;
  }
  return error.code === undefined ? `The server at ${url} is not Meanwhile.` : reasonOf(error);
}
