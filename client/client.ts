/** A small client for the HTTP contract, for the terminal and the tests. */
import { createParser } from 'eventsource-parser';
import type { Entry, EntryOf } from '../contract/entry.ts';

export type StreamItem =
  | { type: 'entry'; id: string; data: Entry }
  | { type: 'rewind'; id: string; data: { to: number } }
  | { type: 'delta'; data: { reply_id: string; attempt: number; offset: number; text: string } }
  | { type: 'progress'; data: { call_id: string; percent?: number; note?: string } };

/** A response that is not a success. `problem` is the RFC 9457 body. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: number;
  readonly problem: { code?: string; detail?: string };

  constructor(status: number, problem: { code?: string; detail?: string }) {
    super(`${status} ${problem.code ?? ''} ${problem.detail ?? ''}`.trim());
    this.status = status;
    this.problem = problem;
  }
}

export class MeanwhileClient {
  readonly #base: string;

  /** @param base for example http://127.0.0.1:3000 */
  constructor(base: string) {
    this.#base = base;
  }

  /**
   * @returns the response's JSON; undefined when there is no body
   * @throws HttpError for any status other than 2xx
   */
  async post<T = any>(path: string, body: unknown = {}, headers: object = {}): Promise<T> {
    return this.#json(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async get<T = any>(path: string): Promise<T> {
    return this.#json(path, {});
  }

  /** The whole result of a call, even if its entry shows only the beginning. */
  async result<T = any>(id: string, entry: EntryOf<'call.event' | 'call.completed'>): Promise<T> {
    const { call_id, stored } = entry;
    if (stored) return this.get(`/v1/conversations/${id}/calls/${call_id}/results/${stored.n}`);
    return (entry.kind === 'call.completed' ? entry.result : entry.data) as T;
  }

  /**
   * Follows a conversation from an event id, or from the start. Ends when the server ends it or `signal` aborts.
   * @returns `over` when the server says that there will never be more; otherwise reconnect with the last id
   */
  async *follow(
    id: string,
    { lastEventId, signal }: { lastEventId?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<StreamItem, 'over' | 'ended', void> {
    const response = await fetch(`${this.#base}/v1/conversations/${id}/stream`, {
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId && { 'last-event-id': lastEventId }),
      },
      signal,
    });
    if (response.status === 204) return 'over';
    if (!response.ok || !response.body) throw await toError(response);

    const items: StreamItem[] = [];
    const parser = createParser({
      onEvent: ({ event, id: eventId, data }) =>
        items.push({ type: event, id: eventId, data: JSON.parse(data) } as StreamItem),
    });
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      parser.feed(text);
      yield* items.splice(0);
    }
    return 'ended';
  }

  async #json(path: string, init: RequestInit): Promise<any> {
    const response = await fetch(`${this.#base}${path}`, init);
    if (!response.ok) throw await toError(response);
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }
}

async function toError(response: Response): Promise<HttpError> {
  const text = await response.text();
  try {
    return new HttpError(response.status, JSON.parse(text));
  } catch {
    return new HttpError(response.status, { detail: text.slice(0, 500) });
  }
}
