/** Asks the model for one reply and shows it while it is being written. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Settings } from '../../config.ts';
import { NO_RUN, type Reset } from '../../contract/batch.ts';
import type { Entry } from '../../contract/entry.ts';
import { isCutShort } from '../../contract/cut-short.ts';
import { storableText } from '../../contract/storable.ts';
import type { ReplyRequest, ReplyResult } from '../../contract/reply.ts';
import { costIn, withCost } from '../../model/cost.ts';
import { ModelError } from '../../model/errors.ts';
import type { ModelClient, ModelPart } from '../../model/message.ts';
import { estimate } from '../../model/usage.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { answer, type Spoken } from './answer.ts';
import { type Asking, type AskingDependencies, prepareAsking } from './asking.ts';
import { costOf, withAttempts } from './attempts.ts';
import { createDraftWriter } from './draft-writer.ts';
import type { Guesses } from './guesses.ts';
import type { KnownLogs } from '../log/known-logs.ts';
import { ownRunId, type RecordDependencies, recordWithReply } from '../log/record.ts';
import { requestedCalls } from './requested-call.ts';
import { once } from './once.ts';
import { LogChanged, readLog } from './read-log.ts';
import { createSpokenTexts, type SpokenTexts } from './spoken-texts.ts';
import { refuseIfSpent, spend } from './tenant-tokens.ts';
import { refused } from './window-size.ts';
import { wholeCharacters } from './whole-characters.ts';
import { within } from './within.ts';

export interface GenerateReplyDependencies extends AskingDependencies {
  store: AskingDependencies['store'] &
    Pick<Store, 'record' | 'writer' | 'beginDraft' | 'appendDraft' | 'spendTokens' | 'tokensSpent'>;
  bus: Bus;
  model: ModelClient;
  /** Answers that the model was asked for early. Default: none. */
  guesses?: Guesses;
  settings: Pick<Settings, 'MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY'>;
  /** Pause between two writes of the text. Default: 40 ms, about as fast as the eye can follow. */
  rest_ms?: number;
  /** Default: the store is read for every reply. */
  logs?: KnownLogs;
  isCurrentRun: RecordDependencies['isCurrentRun'];
  originOf: RecordDependencies['originOf'];
  isTerminated: RecordDependencies['isTerminated'];
}

/**
 * The activity fails with type `ReplyStopped` when the reply is no longer wanted, `UnknownAgent` or `UnknownTool` when the
 * catalogue lacks what the conversation needs, `TenantTokensSpent` (with the limit as its detail) when the reply is unprompted and
 * the tenant has no tokens left, and a ModelErrorType for the provider's failures.
 */
export function createGenerateReply(dependencies: GenerateReplyDependencies) {
  const texts = createSpokenTexts();
  return (request: ReplyRequest): Promise<ReplyResult> =>
    withAttempts(request.attempts, () => replyFromKnownLog({ ...dependencies, texts }, request));
}

type ReplyParts = GenerateReplyDependencies & { texts: SpokenTexts };

/**
 * Saves a first attempt from reading back what this process knows. The attempt needs a batch: writing that shows whether the log
 * has changed, and if it has, the store is read.
 */
async function replyFromKnownLog(
  dependencies: ReplyParts,
  request: ReplyRequest,
): Promise<ReplyResult> {
  const { logs } = dependencies;
  const { attempt } = Context.current().info;
  if (!logs || !request.batch || attempt > 1) return generateReply(dependencies, request);
  logs.trim(request.conversation, request.from);
  try {
    return await generateReply(dependencies, request, logs);
  } catch (error) {
    if (!(error instanceof LogChanged)) throw error;
    return generateReply(dependencies, request);
  }
}

async function generateReply(
  dependencies: ReplyParts,
  request: ReplyRequest,
  known?: KnownLogs,
): Promise<ReplyResult> {
  const { store, bus, model, guesses, texts, settings, rest_ms = 40 } = dependencies;
  const { conversation, reply_id, batch } = request;
  const { attempt } = Context.current().info;
  const run_id = ownRunId();
  let reset: Reset | undefined;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, Context.current().cancellationSignal]);
  const unsubscribe = bus.subscribe(conversation, (message) => {
    if (message.type === 'stop' && message.reply_id === reply_id) stop.abort(stopped(reply_id));
  });

  const base = batch?.base ?? request.to + 1;
  const interrupts = batch?.entries.some(isCutShort);
  const foreseen = interrupts && known ? texts.foresee(batch!, known) : undefined;
  const reading = readLog(store, known, {
    from: request.from,
    base,
    ...(foreseen && { foreseen }),
  });
  const reader = { ...dependencies, store: { window: reading.window, progress: store.progress } };
  const begins = { reply_id, attempt, run_id };

  let asks = foreseen ? withEntries(request, foreseen) : request;
  // The model is asked while the batch is being written; its first word is shown only after that.
  const begin = once(async () => {
    if (batch) {
      const written = await recordWithReply(dependencies, batch, {
        begins,
        before: reading.before(),
      });
      if (!written) throw stopped(reply_id);
      if (!reading.stands(written)) throw new LogChanged();
      ({ reset } = written);
      asks = withEntries(request, written.entries);
      if (written.appended?.begun) return;
    }
    while (!(await store.beginDraft(conversation, reply_id, attempt, run_id))) {
      if (!(await isToTakeOver(dependencies, request, run_id))) throw stopped(reply_id);
      await sleep(TAKE_OVER_MS, undefined, { signal });
    }
  });
  const spoken = texts.begin(conversation, reply_id);
  // What is shown must be what is kept: a text that the store refuses was never said.
  const draft = createDraftWriter(
    async (text, offset) => {
      await begin();
      const piece = { reply_id, attempt, run_id, text, offset };
      spoken.add(text);
      const wanted = await store.appendDraft(conversation, piece);
      if (!wanted) throw stopped(reply_id);
      bus.publish(conversation, { type: 'delta', reply_id, attempt, text, offset });
    },
    (error) => stop.abort(error),
    rest_ms,
  );

  try {
    // What a reply of another process had said until it was interrupted is known only once that is written.
    if (interrupts && !foreseen) await begin();
    const preparing = Promise.all([
      prepareAsking(reader, asks),
      // Only unprompted replies are limited: a user gets an answer whatever it costs.
      request.because === 'news' &&
        refuseIfSpent(store, conversation, settings.MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY),
    ]);
    // The interrupted reply has to stop, or it says more than was foreseen. The statements of `preparing` come first.
    if (foreseen) begin().catch((error: unknown) => stop.abort(error));
    const [asking] = await preparing;
    signal.throwIfAborted();
    // A later attempt asks the model itself: the guessed answer may have caused the failure.
    let guess = attempt === 1 ? guesses?.adopt(conversation, asking.request) : undefined;
    const speculation = guess && (guess === 'refused' ? guess : 'adopted');
    let heard = '';
    const ask = (limited: AbortSignal) => {
      const early = guess;
      guess = undefined;
      const parts =
        typeof early === 'object' ? early.read(limited) : model.stream(asking.request, limited);
      return speak(parts, limited, (piece) => {
        heard += piece;
        draft.add(piece);
      });
    };
    const speaking = within(LONGEST_ANSWER_MS, signal, tooLong, async (limited) => {
      const spoken = await answer(() => ask(limited), asking.isOwed);
      return { ...spoken, calls: await callsOf(asking, spoken) };
    });
    // The model need not wait until its request is counted.
    const counting = begin().then(async () => {
      guesses?.learn(request, { measured: await asking.measured() });
    });
    counting.catch((error: unknown) => stop.abort(error));
    /** What was said and what it cost are kept, however the reply ends. */
    const failed = async (error: unknown): Promise<never> => {
      if (signal.aborted) {
        const cost = costIn(error) ?? (await estimate(asking.request, { words: heard }));
        await spend(store, conversation, cost);
      }
      signal.throwIfAborted();
      const failure = refused(error, await asking.measured());
      const cost = costOf(failure);
      const kept = draft.finish();
      if (cost) await spend(store, conversation, cost);
      await kept;
      signal.throwIfAborted();
      throw failure;
    };
    const { text, calls, usage, attached } = await speaking.catch(failed);
    const [cut_off] = await Promise.all([
      asking.cutOff?.(),
      spend(store, conversation, usage),
      counting,
      draft.finish(),
    ]);
    signal.throwIfAborted();
    return {
      text,
      usage,
      ...(await asking.measured()),
      calls,
      ...(attached && { attached }),
      ...(speculation && { speculation }),
      ...(cut_off && { cut_off }),
      ...(reset && { reset }),
    };
  } finally {
    unsubscribe();
    spoken.forget();
    draft.discard();
  }
}

/** Refused calls have cost as much as the answer that requested them. */
const callsOf = (asking: Asking, { asked, usage }: Spoken) =>
  requestedCalls(asking, asked).catch((error: unknown) => {
    throw withCost(error, usage);
  });

/** Less than the activity's timeout: Temporal would not count a timed-out attempt. */
const LONGEST_ANSWER_MS = 14 * 60_000;

const tooLong = () =>
  new ModelError('ModelTimeout', 'The answer was not complete after 14 minutes.');

/** The interval between checks of whether this run holds the log yet. */
const TAKE_OVER_MS = 200;

/**
 * Whether an operator's reset has made this run while another run still holds the log: this run's workflow takes the log over with
 * its next write.
 */
async function isToTakeOver(
  { store, isCurrentRun }: GenerateReplyDependencies,
  { conversation }: ReplyRequest,
  runId: string | undefined,
): Promise<boolean> {
  if (runId === undefined) return false;
  const holder = (await store.writer(conversation))?.run_id;
  if (holder === undefined || holder === runId || holder === NO_RUN) return false;
  return isCurrentRun(conversation, runId);
}

const withEntries = (request: ReplyRequest, entries: Entry[]): ReplyRequest => ({
  ...request,
  batch: { ...request.batch!, entries },
});

async function speak(
  parts: AsyncIterable<ModelPart>,
  signal: AbortSignal,
  say: (piece: string) => void,
): Promise<Spoken> {
  let text = '';
  const characters = wholeCharacters();
  const takeText = (whole: string) => {
    // A model with nothing to say often writes a line break. That counts as silence.
    const piece = text === '' ? whole.trimStart() : whole;
    if (piece !== '') say(piece);
    text += piece;
  };
  for await (const part of parts) {
    signal.throwIfAborted();
    if (part.kind === 'text') {
      takeText(characters.add(part.text));
    } else {
      takeText(characters.end());
      const { calls: asked, usage, attached, said } = part;
      const whole = said === undefined ? text : storableText(said);
      return { text: whole, asked, usage, ...(attached && { attached }) };
    }
  }
  throw new ModelError('ModelBrokenAnswer', 'The answer ended without its final part.');
}

function stopped(reply_id: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${reply_id} is no longer wanted.`, 'ReplyStopped');
}
