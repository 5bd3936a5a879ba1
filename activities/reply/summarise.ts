/** Asks the model for a summary of the older part of a conversation, and of the summary before it. */
import { Context } from '@temporalio/activity';
import type { Agent } from '../../agents/define.ts';
import type { Usage } from '../../contract/entry.ts';
import type { ProfileName } from '../../contract/profile.ts';
import { storableText } from '../../contract/storable.ts';
import { cut } from '../../contract/stored.ts';
import type { SummaryRequest, SummaryResult } from '../../contract/reply.ts';
import { addUsage } from '../../contract/usage.ts';
import { withCost } from '../../model/cost.ts';
import { ModelError, toFailure, modelErrorTypeOf } from '../../model/errors.ts';
import type { ModelClient, ModelMessage, ModelRequest } from '../../model/message.ts';
import { profiles } from '../../model/profiles.ts';
import { summaryLines, summaryPrompt, summaryQuestion } from '../../model/summary-prompt.ts';
import { countRequest, countTokens } from '../../model/tokens.ts';
import { estimate } from '../../model/usage.ts';
import type { Store } from '../../store/store.ts';
import { boundsOf } from './asking.ts';
import { costOf, withAttempts } from './attempts.ts';
import { findAgent } from './find-agent.ts';
import { readWindow } from './read-window.ts';
import { spend } from './tenant-tokens.ts';
import { within } from './within.ts';

export interface SummariseDependencies {
  store: Pick<Store, 'window' | 'spendTokens'>;
  catalogue: { agents: ReadonlyMap<string, Agent> };
  model: ModelClient;
  /** The model of agents that name none. */
  defaultModel: string;
  /** The profile of agents that name none. Default: `compatible`. */
  defaultProfile?: ProfileName;
}

/** The activity fails with type `UnknownAgent` when the catalogue lacks the agent, and a ModelErrorType for the provider's failures. */
export function createSummarise(dependencies: SummariseDependencies) {
  return (request: SummaryRequest): Promise<SummaryResult> =>
    withAttempts(request.attempts, () => summarise(dependencies, request));
}

async function summarise(
  { store, catalogue, model, defaultModel, defaultProfile = 'compatible' }: SummariseDependencies,
  { conversation, agent: name, from, to, previous, context_tokens }: SummaryRequest,
): Promise<SummaryResult> {
  const { cancellationSignal } = Context.current();
  const agent = findAgent(catalogue, name);
  const { instructions_role: role } = profiles[agent.profile ?? defaultProfile];
  const window = await readWindow(store, { conversation, from, to, summary: previous });
  const mostTokens = Math.floor(context_tokens / 4);
  const messages = (text: string[], so_far?: string): ModelMessage[] => [
    { role, text: summaryPrompt(Math.floor(mostTokens / 2)) },
    summaryQuestion(text, so_far),
  ];
  const ask = (signal: AbortSignal) => (text: string[], so_far?: string) => {
    const request: ModelRequest = {
      model: agent.model ?? defaultModel,
      messages: messages(text, so_far),
      tools: [],
      ...boundsOf(agent),
    };
    return answerTo(model, request, mostTokens * CHARS_OF_A_TOKEN, signal);
  };
  const lines = summaryLines(window.entries, window.earlier);
  const prompt = await countRequest({ messages: messages([]), tools: [] });
  const most = Math.max(FEWEST_TOKENS, context_tokens - prompt);
  const summary = await within(LONGEST_MS, cancellationSignal, tooLong, (signal) =>
    inPieces(lines, window.summary, { most, ask: ask(signal) }),
  ).catch(async (error: unknown) => {
    cancellationSignal.throwIfAborted();
    const failure = toFailure(error);
    const cost = costOf(failure);
    if (cost) await spend(store, conversation, cost);
    throw failure;
  });
  await spend(store, conversation, summary.usage);
  return summary;
}

/** Less than the activity's timeout: Temporal would not count a timed-out attempt. */
const LONGEST_MS = 14 * 60_000;

const tooLong = () =>
  new ModelError('ModelTimeout', 'The summary was not complete after 14 minutes.');

/** Splits text that is too long for one request into several: each summary covers the one before it. */
async function inPieces(
  lines: string[],
  previous: string | undefined,
  {
    most,
    ask,
  }: { most: number; ask: (lines: string[], so_far?: string) => Promise<SummaryResult> },
): Promise<SummaryResult> {
  let usage: Usage = { input_tokens: 0, output_tokens: 0 };
  let rest = await shortEnough(lines, beside(most));
  let text = previous;
  do {
    const soFar = text === undefined ? 0 : await countTokens(text);
    const piece = await firstPiece(rest, most - soFar);
    try {
      const answer = await ask(piece, text);
      text = answer.text;
      usage = addUsage(usage, answer.usage);
      rest = rest.slice(piece.length);
    } catch (error) {
      // The model's window is smaller than our budget assumes.
      const isTooLong = modelErrorTypeOf(error) === 'ModelContextTooLong';
      if (!isTooLong || most < 2 * FEWEST_TOKENS) throw withCost(error, usage);
      most = Math.floor(most / 2);
      rest = await shortEnough(rest, beside(most));
    }
  } while (rest.length > 0);
  return { text: text ?? '', usage };
}

/** The room in a request next to the summary so far, which takes at most a quarter of it. */
const beside = (most: number) => Math.ceil((most * 3) / 4);

/** The lines that fit into one request, but at least one. */
async function firstPiece(lines: string[], most: number): Promise<string[]> {
  let tokens = 0;
  for (const [index, line] of lines.entries()) {
    tokens += await countTokens(line);
    if (tokens > most && index > 0) return lines.slice(0, index);
  }
  return lines;
}

/** A line that is too long by itself is split into several, which are no longer valid JSON but can be read. */
async function shortEnough(lines: string[], most: number): Promise<string[]> {
  const parts = await Promise.all(
    lines.map(async (line) => {
      const tokens = await countTokens(line);
      if (tokens <= most) return [line];
      const chars = Math.max(1, Math.floor((line.length * most) / tokens));
      return Array.from({ length: Math.ceil(line.length / chars) }, (_, nth) =>
        cut(line, nth * chars, (nth + 1) * chars),
      );
    }),
  );
  return parts.flat();
}

/** Cuts off a summary that exceeds `mostChars`: one that keeps growing would save nothing. */
async function answerTo(
  model: ModelClient,
  request: ModelRequest,
  mostChars: number,
  signal: AbortSignal,
): Promise<SummaryResult> {
  let text = '';
  for await (const part of model.stream(request, signal)) {
    signal.throwIfAborted();
    if (part.kind === 'done') {
      const said = storableText(part.said ?? text).trim();
      if (said === '') {
        const empty = new ModelError('ModelBrokenAnswer', 'The summary is empty.');
        throw withCost(empty, part.usage);
      }
      return { text: said, usage: part.usage };
    }
    text += part.text;
    if (text.length <= mostChars) continue;
    const kept = `${storableText(cut(text, 0, mostChars)).trim()} […]`;
    return { text: kept, usage: await estimate(request, { words: text }) };
  }
  throw new ModelError('ModelBrokenAnswer', 'The answer ended without its final part.');
}

const CHARS_OF_A_TOKEN = 4;
/** A model that refuses a piece of this size refuses any size. */
const FEWEST_TOKENS = 250;
