/** Requests to the service: JSON in and out, timeouts, retries. */
import {
  APIConnectionError,
  APIError,
  APIConnectionTimeoutError,
  APIUserAbortError,
  toError,
} from './errors.ts';
import { delayAfter, isPassing, pause } from './retry.ts';

export interface ClientOptions {
  /** Sent as a bearer token. Default: none. */
  apiKey?: string | undefined;
  /** Default: http://127.0.0.1:3000. */
  baseURL?: string | undefined;
  /** How often a request is retried if the service cannot be reached or is overloaded. Default: 2. */
  maxRetries?: number | undefined;
  /** Milliseconds that one attempt at a request may take. Default: 60,000. A stream that is open has no such limit. */
  timeout?: number | undefined;
  /** Default: the built-in one. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Sent with every request. */
  defaultHeaders?: Record<string, string> | undefined;
}

/** For one request, in place of what the client was created with. */
export interface RequestOptions {
  signal?: AbortSignal | undefined;
  timeout?: number | undefined;
  maxRetries?: number | undefined;
  headers?: Record<string, string> | undefined;
  /** Idempotency key of a POST. Default: a random one if the request may be retried, so that a retry has no further effect. */
  idempotencyKey?: string | undefined;
}

interface Sent extends RequestOptions {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
}

export class Http {
  readonly baseURL: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #headers: Record<string, string>;
  readonly #maxRetries: number;
  readonly #timeout: number;

  constructor({
    apiKey,
    baseURL = 'http://127.0.0.1:3000',
    maxRetries = 2,
    timeout = 60_000,
    fetch = globalThis.fetch,
    defaultHeaders,
  }: ClientOptions = {}) {
    this.baseURL = baseURL.replace(/\/+$/, '');
    // A browser's fetch throws if it is called as a method of another object.
    this.#fetch = (input, init) => fetch(input, init);
    this.#headers = {
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      ...defaultHeaders,
    };
    this.#maxRetries = maxRetries;
    this.#timeout = timeout;
  }

  /** @returns the response's JSON; undefined when there is no body */
  get<T = any>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#json({ ...options, method: 'GET', path });
  }

  /** @returns the response's JSON; undefined when there is no body */
  post<T = any>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> {
    const { maxRetries = this.#maxRetries, headers } = options;
    // Without retries the request needs no key, and without a key the service has less to write.
    const key = options.idempotencyKey ?? (maxRetries > 0 ? randomKey() : undefined);
    return this.#json({
      ...options,
      method: 'POST',
      path,
      body,
      headers: { ...(key !== undefined && { 'idempotency-key': key }), ...headers },
    });
  }

  /** Repeating it changes nothing, so it needs no key. */
  delete<T = any>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#json({ ...options, method: 'DELETE', path });
  }

  /** Opens a stream, in one attempt. `timeout` ends with the headers: what follows may take days. */
  open(path: string, { signal, timeout, headers }: RequestOptions): Promise<Response> {
    return this.#attempt({ method: 'GET', path, signal, timeout, headers }, (response) =>
      Promise.resolve(response),
    );
  }

  async #json<T>(sent: Sent): Promise<T> {
    const { maxRetries = this.#maxRetries, signal } = sent;
    for (let failures = 0; ;) {
      try {
        return await this.#attempt(sent, read<T>);
      } catch (error) {
        failures += 1;
        if (failures > maxRetries || !isPassing(error)) throw error;
        await pause(delayAfter(error, failures), signal);
      }
    }
  }

  /** @param read called with a response that is a success, within the time of the attempt */
  async #attempt<T>(
    { method, path, body, signal, timeout = this.#timeout, headers }: Sent,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw aborted(signal);
    const stop = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stop.abort();
    }, timeout);
    const end = () => stop.abort();
    signal?.addEventListener('abort', end);
    try {
      const response = await this.#fetch(`${this.baseURL}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...this.#headers,
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: stop.signal,
      });
      if (!response.ok) throw await toError(response);
      return await read(response);
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      if (isLate) throw late(timeout);
      throw error instanceof APIError ? error : broken(this.baseURL, error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    const { status, headers } = response;
    const message = `The response is not valid JSON: ${text.slice(0, 200)}`;
    throw new APIError(message, { status, headers });
  }
}

const aborted = ({ reason }: AbortSignal) =>
  new APIUserAbortError('The request was aborted.', { cause: reason as unknown });

const late = (timeout: number) =>
  new APIConnectionTimeoutError(`The service did not answer within ${timeout / 1_000} s.`);

function broken(baseURL: string, cause: unknown): APIConnectionError {
  const why = cause instanceof Error ? reasonOf(cause) : String(cause);
  return new APIConnectionError(`The service at ${baseURL} cannot be reached: ${why}`, { cause });
}

/** The message of a fetch error says only that it failed; its cause says why. */
function reasonOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  return cause.message || String((cause as { code?: unknown }).code);
}

/** Not `crypto.randomUUID`, which browsers have on secure pages only. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `key_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
