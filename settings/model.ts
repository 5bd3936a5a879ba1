/** Settings of the model provider: access, form of requests, timeouts. */
import { z } from 'zod';
import { LONGEST_WAIT_MS, MAX_REPLY_TOKENS, MIN_REPLY_TOKENS } from '../contract/limits.ts';
import { PROFILE_NAMES } from '../contract/profile.ts';
import { whole, count } from './values.ts';

export const modelSettings = {
  OPENAI_API_KEY: z.string().min(1).optional().describe('API key of the model provider.'),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .optional()
    .describe('Any OpenAI-compatible endpoint.'),
  OPENAI_MODEL: z
    .string()
    .min(1)
    .default('gpt-5-mini')
    .describe('Model for agents that do not set one.'),
  OPENAI_API: z
    .enum(['chat', 'responses'], 'must be chat or responses')
    .default('chat')
    .describe('Chat Completions (supported by Ollama, vLLM and others) or Responses.'),
  OPENAI_PROFILE: z
    .enum(PROFILE_NAMES, `must be one of ${PROFILE_NAMES.join(', ')}`)
    .optional()
    .describe(
      'Profile for agents that do not set one. Unset: compatible if OPENAI_BASE_URL is set, otherwise openai.',
    ),
  MEANWHILE_MODEL_ATTEMPTS: count
    .default(4)
    .describe('Number of attempts at a reply before it fails.'),
  MEANWHILE_FIRST_TOKEN_MS: whole(1_000, LONGEST_WAIT_MS)
    .default(300_000)
    .describe('How long a model may take to start replying. A comment or ping restarts the timer.'),
  MEANWHILE_SILENCE_MS: whole(1_000, LONGEST_WAIT_MS)
    .default(120_000)
    .describe('How long a model may be silent once it has started.'),
  MEANWHILE_MAX_REPLY_TOKENS: whole(MIN_REPLY_TOKENS, MAX_REPLY_TOKENS)
    .default(32_000)
    .describe('Longest reply, including reasoning. A longer one is cut off and fails.'),
};
