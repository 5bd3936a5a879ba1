import OpenAI from 'openai';
import { createChatClient } from './chat.ts';
import type { ModelClient } from './message.ts';
import { createResponsesClient } from './responses.ts';

export interface ModelSettings {
  api: 'chat' | 'responses';
  /** Local servers need none. */
  apiKey?: string;
  /** Default: OpenAI's own. */
  baseURL?: string;
  /** A model that sends nothing for this long has failed. Default: one minute. */
  silence_ms?: number;
}

export function createModelClient({
  api,
  apiKey = 'none',
  baseURL = 'https://api.openai.com/v1',
  silence_ms = 60_000,
}: ModelSettings): ModelClient {
  // Temporal retries, and shows that it does. A second layer below would only multiply the attempts.
  const openai = new OpenAI({ apiKey, baseURL, maxRetries: 0, logLevel: 'off' });
  return api === 'chat'
    ? createChatClient(openai, silence_ms)
    : createResponsesClient(openai, silence_ms);
}
