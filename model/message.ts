/** Requests to a model and its answers, independent of the provider. */
import type { Attached, Usage } from '../contract/entry.ts';

/** Chat Completions or Responses. */
export type ModelApi = 'chat' | 'responses';

/**
 * An assistant message is followed directly by the tool messages of its calls, exactly one for each that is not asynchronous
 * (R13).
 */
export type ModelMessage =
  /** The developer prompt, which is the first message and the only one with these roles. */
  | { role: 'system' | 'developer'; text: string }
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; calls: PastCall[]; attached?: Attached[] }
  /** The answer of a call. That of an asynchronous call stands where the call ended. */
  | { role: 'tool'; call_id: string; text: string };

/** A call as the model made it. */
export interface PastCall {
  call_id: string;
  tool: string;
  /** A JSON object. */
  arguments: string;
  /** The call is answered only when it is over. */
  async?: true;
  /** What its provider sent with it, and gets back. */
  attached?: Attached;
}

export interface ToolDeclaration {
  name: string;
  description: string;
  /** JSON schema of an object. */
  parameters: Record<string, unknown>;
  /** The model may go on while a call of it is open (docs/decisions/0032-async-tools.md). */
  async?: true;
}

export interface ModelRequest {
  model: string;
  messages: ModelMessage[];
  tools: ToolDeclaration[];
  /** The same request for a server that does not support asynchronous tools. Without it such a server refuses the request. */
  otherwise?: Pick<ModelRequest, 'messages' | 'tools'>;
  /** The longest answer, thoughts and calls included. Default: the client's. */
  max_tokens?: number;
  /** How long the model may be silent before it begins, and after that. Milliseconds. Default: the client's. */
  first_token_ms?: number;
  silence_ms?: number;
}

export type ModelPart =
  | { kind: 'text'; text: string }
  /** The last part. Tokens that the provider does not count are estimated. */
  | {
      kind: 'done';
      calls: AskedCall[];
      usage: Usage;
      /** What the provider expects back with an answer that has no calls. */
      attached?: Attached;
      /** The text of the answer, if some of the text parts turned out to be thoughts. */
      said?: string;
    };

/** What an adapter reads from a stream. The client turns it into parts. */
export type RawPart =
  | { kind: 'text'; text: string }
  /** Text that is not passed on, such as thoughts and arguments. */
  | { kind: 'unseen'; text: string }
  /** What the provider has counted so far; the last count is valid. If it is 0 or absent, the provider does not count. */
  | { kind: 'usage'; usage: Usage }
  | { kind: 'done'; calls: AskedCall[]; attached?: Attached };

/** What the model requests; `arguments` is its own text and may not be valid JSON. */
export interface AskedCall {
  name: string;
  arguments: string;
  /** What the provider expects back with the call. */
  attached?: Attached;
}

/** One of the two APIs. */
export interface Adapter {
  stream(request: BoundedRequest, signal: AbortSignal): AsyncIterable<RawPart>;
}

export type BoundedRequest = ModelRequest &
  Required<Pick<ModelRequest, 'max_tokens' | 'first_token_ms' | 'silence_ms'>>;

export interface ModelClient {
  /**
   * One answer of the model. When `signal` aborts, the provider's connection is closed and the signal's reason thrown. The cost
   * of an answer that fails is noted with its error (cost.ts).
   * @throws what the provider's client throws, or ModelError. `toFailure` understands both.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
}
