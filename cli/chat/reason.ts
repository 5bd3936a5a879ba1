import { APIError } from '../../client/index.ts';

/** Why a request failed: the service's own words, with the fields that are invalid. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof APIError)) return (error as Error).message;
  const fields = error.errors.map(({ path, message }) => `${path} ${message}`);
  return [error.problem?.detail ?? error.message, ...fields].join(' ');
}
