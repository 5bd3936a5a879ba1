/** The model server behind the proxy. It gets our key, and nothing that says who the caller is. */
import { createParser } from 'eventsource-parser';
import { Agent } from 'undici';
import { BrokenStream } from './reply.ts';
import type { ModelAnswer } from './reply.ts';
import type { StreamEvent } from './merge.ts';

export interface ModelUpstream {
  /** @throws UpstreamAway */
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
  /** With its version: https://api.openai.com/v1. */
  baseURL: string;
  /** A server of one's own may need none. */
  apiKey?: string | undefined;
}

export class UpstreamAway extends Error {
  override name = 'UpstreamAway';
}

export function createUpstream({ baseURL, apiKey }: UpstreamAddress): ModelUpstream {
  // A model may think for minutes before it says a word. The harness decides how long it waits.
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

/** Headers of a harness that a model server may need. */
export function passedOn(headers: Record<string, string | string[] | undefined>) {
  const names = Object.keys(headers).filter(
    (name) => name.startsWith('openai-') || name === 'user-agent',
  );
  return Object.fromEntries(
    names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  ) as Record<string, string>;
}

/** A response of a model server that was asked to stream. */
export function answerOf(response: Response): ModelAnswer {
  const isStream = response.headers.get('content-type')?.includes('text/event-stream') === true;
  if (!response.ok || !isStream || !response.body) return { refused: response };
  return { events: eventsOf(response.body) };
}

/** @throws BrokenStream */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const waiting: StreamEvent[] = [];
  const parser = createParser({
    onEvent({ data }) {
      if (data === '' || data === '[DONE]') return;
      waiting.push(JSON.parse(data) as StreamEvent);
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* waiting.splice(0);
    }
  } catch (error) {
    throw new BrokenStream({ cause: error });
  }
}
