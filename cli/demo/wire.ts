/** The server side of the two OpenAI APIs: what they have in common. */
import { randomUUID } from 'node:crypto';
import type { Usage } from '../../contract/entry.ts';
import type { AskedCall, ModelApi, ModelMessage } from '../../model/message.ts';

export interface WireRequest {
  api: ModelApi;
  model: string;
  stream: boolean;
  messages: ModelMessage[];
  /** Names of the tools offered. */
  tools: string[];
}

export interface WireAnswer {
  text: AsyncIterable<string>;
  calls: AskedCall[];
  /** Computed when the text is complete. Undefined: the server counts no tokens. */
  usage(text: string): Usage | undefined;
}

/** One frame of a server-sent event stream. */
export function frame(data: unknown, event?: string): string {
  return `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

export const wireId = (prefix: string) => `${prefix}${randomUUID().replaceAll('-', '')}`;

/** Unix time in seconds, as OpenAI writes it. */
export const wireTime = () => Math.floor(Date.now() / 1_000);

/** An error that is answered in OpenAI's format. */
export class WireError extends Error {
  override name = 'WireError';
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  constructor(status: number, message: string, code: string | null, param: string | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }

  body() {
    const type = this.status < 500 ? 'invalid_request_error' : 'server_error';
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}

export const badRequest = (message: string, param: string | null) =>
  new WireError(400, message, null, param);

/** An estimate: four characters count as one token. */
export function estimateUsage({ messages }: WireRequest, text: string, calls: AskedCall[]): Usage {
  const tokens = (characters: number) => Math.ceil(characters / 4);
  return {
    input_tokens: tokens(JSON.stringify(messages).length),
    output_tokens: tokens(text.length + JSON.stringify(calls).length - 2),
  };
}
