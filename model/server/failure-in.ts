/** A failure that a provider reports inside an answer with status 200. */
import OpenAI from 'openai';

/**
 * @param data an event of either API, or a complete answer
 * @param name name of the server-sent event, if it has one
 */
export function failureIn(
  data: unknown,
  name: string | undefined,
  headers: Headers,
): Error | undefined {
  const found = errorOf(data, name);
  return found && new OpenAI.APIError(undefined, found, undefined, headers);
}

function errorOf(data: unknown, name: string | undefined): object | undefined {
  if (!isObject(data)) return name === 'error' ? { message: String(data) } : undefined;
  if (name === 'error' || data.type === 'error') return asError(data.error) ?? data;
  const own = asError(data.error) ?? plainError(data);
  if (own) return own;
  if (data.type === 'response.failed') return failedResponse(data.response);
  if (data.type === 'response.error') return data;
  const response = data.response ?? (data.object === 'response' ? data : undefined);
  if (isObject(response) && response.status === 'failed') return failedResponse(response);
  const choice: unknown = Array.isArray(data.choices) ? data.choices[0] : undefined;
  return isObject(choice) ? asError(choice.error) : undefined;
}

/** The error if the event itself is one, as vLLM and FastAPI send it. */
function plainError(data: Record<string, unknown>): object | undefined {
  if (data.object === 'error' || data.error === true) return data;
  const { detail } = data;
  if (detail === undefined || detail === null || 'choices' in data || 'type' in data)
    return undefined;
  return { ...data, message: typeof detail === 'string' ? detail : JSON.stringify(detail) };
}

const failedResponse = (response: unknown) =>
  (isObject(response) ? asError(response.error) : undefined) ?? {
    message: 'The provider failed without saying why.',
  };

function asError(error: unknown): object | undefined {
  if (typeof error === 'string' && error !== '') return { message: error };
  return isObject(error) && Object.keys(error).length > 0 ? error : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
