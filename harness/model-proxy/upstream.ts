/** The model server behind the proxy. It gets the service's key, and nothing that identifies the caller. */
import { createParser } from 'eventsource-parser';
import { Agent } from 'undici';
import { eventTexts, withoutComments } from '../../model/server/event-texts.ts';
import { BrokenStream, type ModelAnswer } from './reply.ts';
import type { Wire } from './wire.ts';

export interface ModelUpstream {
  /**
   * @param path appended to the base URL
   * @returns the response with any status
   * @throws UpstreamAway if the server cannot be reached; the signal's reason
   */
  send(
    path: string,
    options: {
      method: 'GET' | 'POST';
      body?: Record<string, unknown>;
      headers: Record<string, string>;
      signal: AbortSignal;
    },
  ): Promise<Response>;
  close(): Promise<void>;
}

export interface UpstreamAddress {
  /** Includes the version, such as https://api.openai.com/v1. */
  baseURL: string;
  /** Undefined for a server that needs none. */
  apiKey?: string | undefined;
}

export class UpstreamAway extends Error {
  override name = 'UpstreamAway';
}

export function createUpstream({ baseURL, apiKey }: UpstreamAddress): ModelUpstream {
  // A model may think for minutes before its first token. The harness decides how long it waits.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const base = baseURL.replace(/\/+$/, '');
  return {
    async send(path, { method, body, headers, signal }) {
      try {
        const options: RequestInit & { dispatcher: unknown } = {
          method,
          headers: {
            ...headers,
            ...(body && { 'content-type': 'application/json' }),
            ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          },
          ...(body && { body: JSON.stringify(body) }),
          signal,
          redirect: 'error',
          dispatcher,
        };
        return await fetch(`${base}${path}`, options);
      } catch (error) {
        signal.throwIfAborted();
        throw new UpstreamAway('The model server cannot be reached.', { cause: error });
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** The headers of a harness that the model server may need. */
export function passedOn(headers: Record<string, string | string[] | undefined>) {
  const names = Object.keys(headers).filter(
    (name) => name.startsWith('openai-') || name === 'user-agent',
  );
  return Object.fromEntries(
    names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  ) as Record<string, string>;
}

type Reading<Event> = Pick<Wire<Event>, 'read' | 'readWhole'>;

/** Reads the response of a model server. */
export function answerOf<Event>(response: Response, wire: Reading<Event>): ModelAnswer<Event> {
  const type = response.headers.get('content-type') ?? '';
  const isAnswer =
    type.includes('text/event-stream') || (wire.readWhole && type.includes('application/json'));
  if (!response.ok || !isAnswer || !response.body) return { refused: response };
  return { events: eventsOf(response.body, wire) };
}

/**
 * Reads a stream of events or a single JSON object. The first character of the body decides, since not every server sends the right
 * content type.
 * @throws BrokenStream
 */
async function* eventsOf<Event>(
  body: ReadableStream<Uint8Array>,
  { read, readWhole }: Reading<Event>,
): AsyncGenerator<Event> {
  const waiting: Event[] = [];
  const parser = createParser({
    onEvent({ data, event: name }) {
      const texts = data === '' ? [] : eventTexts(data);
      for (const event of texts.map((text) => read(text, name))) {
        if (event !== undefined) waiting.push(event);
      }
    },
  });
  const decoder = new TextDecoder();
  let begin = '';
  let isStream = false;
  try {
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      if (isStream) parser.feed(text);
      else {
        begin = withoutComments(begin + text);
        isStream = (readWhole ? /[^\s:{]/ : /[^\s:]/).test(begin.trimStart().slice(0, 1));
        if (isStream) parser.feed(begin);
      }
      yield* waiting.splice(0);
    }
    if (readWhole && !isStream && begin.trim() !== '') yield readWhole(begin);
    // Some servers end without the empty line after their last event.
    parser.feed('\n\n');
    yield* waiting;
  } catch (error) {
    throw new BrokenStream({ cause: error });
  }
}
