/** Asks the model for one reply and shows it while it is being said. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Agent } from '../agents/define.ts';
import { ONE_RESULT } from '../contract/result-count.ts';
import type { ProfileName } from '../contract/profile.ts';
import type { ReplyRequest, ReplyResult, RequestedCall } from '../contract/turn.ts';
import { ModelError, toFailure } from '../model/errors.ts';
import { strategies } from '../model/events/strategy.ts';
import type { AskedCall, ModelClient, ModelRequest } from '../model/message.ts';
import { profiles } from '../model/profiles.ts';
import { parseToolCall } from '../model/tool-call.ts';
import { countRequest } from '../model/tokens.ts';
import { declareTools } from '../model/tools-schema.ts';
import { transcript } from '../model/transcript.ts';
import type { Store } from '../store/store.ts';
import type { Bus } from '../stream/bus.ts';
import { approvalOf } from '../tools/approval.ts';
import { type Awaiting, awaitingOf } from '../tools/awaits.ts';
import { type Catalogue, toolNames } from '../tools/catalogue.ts';
import type { Tool } from '../tools/define.ts';
import { newCallId } from './call-id.ts';
import { createDraftWriter } from './draft-writer.ts';
import { findAgent } from './find-agent.ts';
import { withHeartbeat } from './heartbeat.ts';
import { readWindow } from './read-window.ts';
import { recordRiding } from './record.ts';
import { refuseIfSpent, spend } from './tenant-tokens.ts';

export interface GenerateReplyDependencies {
  store: Pick<
    Store,
    'record' | 'window' | 'progress' | 'beginDraft' | 'appendDraft' | 'spendTokens' | 'tokensSpent'
  >;
  bus: Bus;
  catalogue: Catalogue;
  model: ModelClient;
  /** For agents that name none. */
  defaultModel: string;
  /** Of a tenant in a day (UTC): once they are spent, nothing is said unasked (R12). Default: any number. */
  maxTokensPerTenantPerDay?: number;
  /** For agents that name none. Default: `compatible`. */
  defaultProfile?: ProfileName;
  /** Between two writes of the text. Default: 40 ms, about what an eye can follow. */
  rest_ms?: number;
}

/**
 * The activity fails with type `ReplyStopped` when the reply is no longer wanted, `UnknownAgent` or `UnknownTool` when the
 * catalogue lacks what the conversation needs, `TenantTokensSpent` (with the limit as its detail) when it would speak unasked and
 * the tenant has no tokens left, and a ModelErrorType for the provider's failures.
 */
export function createGenerateReply(dependencies: GenerateReplyDependencies) {
  return (request: ReplyRequest): Promise<ReplyResult> =>
    withHeartbeat(() => generateReply(dependencies, request));
}

async function generateReply(
  {
    store,
    bus,
    catalogue,
    model,
    defaultModel,
    maxTokensPerTenantPerDay,
    defaultProfile = 'compatible',
    rest_ms = 40,
  }: GenerateReplyDependencies,
  request: ReplyRequest,
): Promise<ReplyResult> {
  const { conversation, reply_id } = request;
  const { attempt } = Context.current().info;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, Context.current().cancellationSignal]);
  const unsubscribe = bus.subscribe(conversation, (message) => {
    if (message.type === 'stop' && message.reply_id === reply_id) stop.abort(stopped(reply_id));
  });

  // The model need not wait for what is written before it speaks; its first word does.
  const begin = once(async () => {
    if (!(await isRecorded({ store, bus }, request))) throw stopped(reply_id);
    if (!(await store.beginDraft(conversation, reply_id, attempt))) throw stopped(reply_id);
  });
  // What is shown is what is kept: a text that the store refuses was never said.
  const draft = createDraftWriter(
    async (text, offset) => {
      await begin();
      const wanted = await store.appendDraft(conversation, { reply_id, attempt, text });
      if (!wanted) throw stopped(reply_id);
      bus.publish(conversation, { type: 'delta', reply_id, attempt, text, offset });
    },
    (error) => stop.abort(error),
    rest_ms,
  );

  try {
    const agent = findAgent(catalogue, request.agent);
    const tools = toolsOf(agent, catalogue);
    const awaiting = awaitingOf(agent, tools.values());
    const profile = profiles[agent.profile ?? defaultProfile];
    const { from, to, summary, batch, calls } = request;
    const before = calls.flatMap((call) => call.before ?? []);
    const [window, progress] = await Promise.all([
      readWindow(store, { conversation, from, to, summary, before, end: batch?.entries }),
      store.progress(
        conversation,
        calls.map(({ call_id }) => call_id),
      ),
      // Who is asked answers, whatever it costs.
      request.because === 'news' && refuseIfSpent(store, conversation, maxTokensPerTenantPerDay),
    ]);
    const asking = {
      model: agent.model ?? defaultModel,
      messages: transcript({
        ...window,
        agent,
        awaits: awaiting.all,
        request,
        progress,
        profile,
      }),
      tools: [...declareTools(tools.values(), awaiting), ...strategies[profile.events].tools],
    };
    const speaking = speak(model, asking, signal, (piece) => draft.add(piece));
    begin().catch((error: unknown) => stop.abort(error));
    const { text, asked, usage } = await speaking.catch((error: unknown) => {
      signal.throwIfAborted();
      throw toFailure(error, { last: attempt >= request.attempts });
    });
    const counting = request.count_tokens ? countRequest(asking) : undefined;
    const [tokens] = await Promise.all([
      counting,
      spend(store, conversation, usage),
      begin(),
      draft.finish(),
    ]);
    signal.throwIfAborted();
    const requests = asked.map((call) => requested(tools, awaiting, call));
    return {
      text,
      usage,
      ...(tokens !== undefined && { tokens }),
      calls: await Promise.all(requests),
    };
  } finally {
    unsubscribe();
    draft.discard();
  }
}

async function isRecorded(
  dependencies: Pick<GenerateReplyDependencies, 'store' | 'bus'>,
  { batch }: ReplyRequest,
): Promise<boolean> {
  return !batch || recordRiding(dependencies, batch);
}

/** What `work` gives, asked for however often. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

async function speak(
  model: ModelClient,
  request: ModelRequest,
  signal: AbortSignal,
  say: (piece: string) => void,
) {
  let text = '';
  for await (const part of model.stream(request, signal)) {
    signal.throwIfAborted();
    if (part.type === 'done') return { text, asked: part.calls, usage: part.usage };
    // A model with nothing to say often says a line break. That is silence.
    const piece = text === '' ? part.text.trimStart() : part.text;
    if (piece !== '') say(piece);
    text += piece;
  }
  throw new ModelError('ModelBrokenAnswer', 'The model client ended without its last part.');
}

async function requested(
  tools: Map<string, Tool>,
  awaiting: Awaiting,
  asked: AskedCall,
): Promise<RequestedCall> {
  const known = tools.get(asked.name);
  const { duplicates = 'allow', ...tool } = known ?? {};
  const approval = approvalOf(tool);
  return {
    call_id: newCallId(),
    ...(await parseToolCall(tools, asked)),
    ...(duplicates !== 'allow' && { duplicates }),
    ...(approval && { approval }),
    ...(known && awaiting.of(known) === 'managed' && managed(known)),
  };
}

/** Its flow goes on when it has given all the results that it may. */
function managed({ results: { max } = ONE_RESULT }: Tool) {
  return { awaits: 'managed', ...(max !== 'many' && { results: max }) } as const;
}

function toolsOf(agent: Agent, catalogue: Catalogue): Map<string, Tool> {
  return new Map(
    toolNames(agent, catalogue).map((name) => {
      const tool = catalogue.tools.get(name);
      if (tool) return [name, tool];
      const message = `The agent ${agent.name} names a tool that is not there: ${name}.`;
      throw ApplicationFailure.nonRetryable(message, 'UnknownTool');
    }),
  );
}

function stopped(reply_id: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${reply_id} is no longer wanted.`, 'ReplyStopped');
}
