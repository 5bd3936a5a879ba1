/** What goes to a model and what comes back, in no provider's words. */
import type { Usage } from '../contract/entry.ts';

/** Directly after an assistant message stand the tool messages of its calls, exactly one for each (R13). */
export type ModelMessage =
  /** The developer prompt, which is the first message and the only one in these roles. */
  | { role: 'system' | 'developer'; text: string }
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; calls: PastCall[] }
  | { role: 'tool'; call_id: string; text: string };

/** A call as the model made it. */
export interface PastCall {
  call_id: string;
  tool: string;
  /** A JSON object. */
  arguments: string;
}

export interface ToolDeclaration {
  name: string;
  description: string;
  /** JSON schema of an object. */
  parameters: Record<string, unknown>;
}

export interface ModelRequest {
  model: string;
  messages: ModelMessage[];
  tools: ToolDeclaration[];
}

export type ModelPart =
  | { type: 'text'; text: string }
  /** The last part. A provider that counts no tokens is taken to have used 0. */
  | { type: 'done'; calls: AskedCall[]; usage: Usage };

/** What the model asks for; `arguments` is its own text and may be no JSON at all. */
export interface AskedCall {
  name: string;
  arguments: string;
}

export interface ModelClient {
  /**
   * One answer of the model. When `signal` aborts, the provider's connection is closed and the signal's reason thrown.
   * @throws what the provider's client throws, or ModelError. `toFailure` understands both.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
}
