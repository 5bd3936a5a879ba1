/** Plays a fixture to the client that the service uses. */
import { inflateRawSync } from 'node:zlib';
import type { Usage } from '../../contract/entry.ts';
import type { FailedReply } from '../../contract/reply.ts';
import { createModelClient, type ModelClientOptions } from '../../model/client.ts';
import { toFailure } from '../../model/errors.ts';
import type { ModelRequest } from '../../model/message.ts';
import { never } from '../kit/model-request.ts';
import type { Expected, Fixture } from './fixtures.ts';

const tool = (name: string) => ({
  name,
  description: 'Does it.',
  parameters: { type: 'object', properties: {} },
});

export interface FixtureQuestion {
  model: string;
  prompt: string;
  tools: string[];
}

const usual: FixtureQuestion = {
  model: 'm',
  prompt: 'Hello.',
  tools: ['look', 'find', 'wait', 'list'],
};

const requestOf = ({ model, prompt, tools }: FixtureQuestion): ModelRequest => ({
  model,
  messages: [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: prompt },
  ],
  tools: tools.map(tool),
  max_tokens: 1_000,
});

/** What the service makes of it, in the form of what is expected. */
export async function outcomeOf(
  { api }: Pick<Fixture, 'api'>,
  settings: Omit<ModelClientOptions, 'api'>,
  question = usual,
): Promise<Expected> {
  const client = createModelClient({ api, ...settings });
  let text = '';
  try {
    for await (const part of client.stream(requestOf(question), never)) {
      if (part.kind === 'text') text += part.text;
      else {
        const { calls, usage, said } = part;
        const attached = calls[0]?.attached;
        return {
          text,
          said: said ?? text,
          calls: calls.map((call) => [call.name, call.arguments]),
          ...costOf(usage),
          attached: attached ? (JSON.parse(inflated(attached.data)) as object) : null,
        };
      }
    }
  } catch (error) {
    const { type, message, nonRetryable, nextRetryDelay, details } = toFailure(error);
    const [{ usage } = {}] = (details ?? []) as FailedReply[];
    return {
      error: type!,
      message,
      ...(usage ? costOf(usage) : { usage: null }),
      again: !nonRetryable,
      ...(nextRetryDelay !== undefined && { retry_ms: Number(nextRetryDelay) }),
    };
  }
  throw new Error('The client ended without its last part.');
}

const costOf = ({ estimated, ...usage }: Usage) => ({ usage, ...(estimated && { estimated }) });

const inflated = (data: string) => inflateRawSync(Buffer.from(data, 'base64')).toString();

/** The outcome as far as the fixture speaks of it, and always whether it failed and what was called. */
export function compared(outcome: Expected, expected: Expected): [object, object] {
  const wanted = { calls: [], error: undefined, ...expected };
  const { message: _message, ...rest } = wanted;
  const seen = Object.fromEntries(
    Object.keys(rest).map((key) => [key, outcome[key as keyof Expected]]),
  );
  if (expected.error) return [{ ...seen, calls: [] }, rest];
  return [seen, rest];
}
