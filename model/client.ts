/** The client of a model behind either API. It streams text as it comes, and ends with the calls and the usage. */
import type { Settings } from '../config.ts';
import { createBounds } from './bounds.ts';
import { createChatAdapter } from './chat.ts';
import { costIn, withCost } from './cost.ts';
import type { Usage } from '../contract/entry.ts';
import type { Adapter, ModelApi, ModelClient, ModelPart, ModelRequest } from './message.ts';
import { asOffered } from './names.ts';
import { createResponsesAdapter } from './responses.ts';
import { createModelServer, type Fetch, withoutAsync } from './server/exchange.ts';
import { afterUnopened, createThoughtFilter } from './thoughts.ts';
import { completed, NOTHING } from './usage.ts';

export interface ModelClientOptions {
  api: ModelApi;
  /** Default: `none`, which local servers accept. */
  apiKey?: string;
  /** Includes the version. Default: https://api.openai.com/v1. */
  baseURL?: string;
  /** Defaults for requests that do not set their own. */
  settings?: Partial<
    Pick<
      Settings,
      'MEANWHILE_FIRST_TOKEN_MS' | 'MEANWHILE_SILENCE_MS' | 'MEANWHILE_MAX_REPLY_TOKENS'
    >
  >;
  /** Called, once for each model, with what the server turned out not to support. */
  note?: (line: string) => void;
  /** Sends the requests. Default: a fetch without timeouts of its own. */
  fetch?: Fetch;
}

export function createModelClient({
  api,
  apiKey = 'none',
  baseURL = 'https://api.openai.com/v1',
  fetch,
  note,
  settings = {},
}: ModelClientOptions): ModelClient {
  const server = createModelServer({ apiKey, baseURL, fetch, note });
  const adapter =
    api === 'chat' ? createChatAdapter(server, isOpenAI(baseURL)) : createResponsesAdapter(server);
  /** Models whose profile has async tools, which Chat Completions does not support, and about which `note` was called. */
  const noted = new Set<string>();
  const known = (request: ModelRequest): ModelRequest => {
    const { model, otherwise } = request;
    if (api !== 'chat' || !otherwise) return request;
    if (!noted.has(model)) note?.(withoutAsync(model, 'Chat Completions does not support them.'));
    noted.add(model);
    return { ...request, ...otherwise };
  };
  /** Models whose answers begin with thoughts, without an opening tag. */
  const thinkers = new Set<string>();
  return {
    async *stream(asked, signal) {
      const request = known(asked);
      const bounded = {
        ...request,
        max_tokens: request.max_tokens ?? settings.MEANWHILE_MAX_REPLY_TOKENS ?? 32_000,
        first_token_ms: request.first_token_ms ?? settings.MEANWHILE_FIRST_TOKEN_MS ?? 300_000,
        silence_ms: request.silence_ms ?? settings.MEANWHILE_SILENCE_MS ?? 120_000,
      };
      yield* partsOf(adapter, bounded, { signal, thinkers });
    },
  };
}

/** Whether the server is OpenAI's: its reasoning models refuse `max_tokens`, and no other server needs the newer name. */
const isOpenAI = (baseURL: string) =>
  /(^|\.)(openai\.com|openai\.azure\.com|cognitiveservices\.azure\.com)$/.test(
    new URL(baseURL).hostname,
  );

async function* partsOf(
  adapter: Adapter,
  request: Parameters<Adapter['stream']>[0],
  { signal, thinkers }: { signal: AbortSignal; thinkers: Set<string> },
): AsyncGenerator<ModelPart> {
  const bounds = createBounds(request.max_tokens);
  const thoughts = createThoughtFilter(thinkers.has(request.model));
  const offered = new Set(request.tools.map(({ name }) => name));
  let words = '';
  let unseen = 0;
  let usage: Usage | undefined;
  const say = ({ said, thought }: { said: string; thought: string }): string => {
    bounds.unseen(thought);
    unseen += thought.length;
    const passed = bounds.words(said);
    words += passed;
    return passed;
  };
  try {
    for await (const part of adapter.stream(request, signal)) {
      switch (part.kind) {
        case 'usage':
          usage = part.usage;
          break;
        case 'unseen':
          bounds.unseen(part.text);
          unseen += part.text.length;
          break;
        case 'text': {
          const text = say(thoughts.add(part.text));
          if (text !== '') yield { kind: 'text', text };
          break;
        }
        case 'done': {
          const rest = say(thoughts.end());
          if (rest !== '') yield { kind: 'text', text: rest };
          const said = afterUnopened(words);
          if (said !== undefined) thinkers.add(request.model);
          const { calls, attached } = part;
          yield {
            kind: 'done',
            calls: calls.map((call) => ({ ...call, name: asOffered(call.name, offered) })),
            usage: await completed(usage ?? NOTHING, request, { words, calls, unseen }),
            ...(attached && { attached }),
            ...(said !== undefined && { said }),
          };
        }
      }
    }
  } catch (error) {
    // A request that was refused before it was answered cost nothing.
    const isAnswered = usage !== undefined || words !== '' || unseen > 0;
    if (!isAnswered || costIn(error)) throw error;
    throw withCost(error, await completed(usage ?? NOTHING, request, { words, unseen }));
  }
}
