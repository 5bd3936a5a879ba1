/**
 * Asks a model server a handful of small questions, and says which settings fit it. They are ordered by need: first an API that
 * answers a plain question, then the form in which it accepts a conversation with open calls, then what is good to know.
 */
import { PROFILE_NAMES, type ProfileName } from '../../contract/profile.ts';
import type { ModelApi, ModelClient } from '../../model/message.ts';
import { profiles } from '../../model/profiles.ts';
import { parseToolCall } from '../../model/tool-call.ts';
import { countRequest } from '../../model/tokens.ts';
import { type ProbeAnswer, ask } from './ask.ts';
import { ADD, longTalk, type ProbeQuestion, questions, requestOf } from './questions.ts';

export interface ProbeFinding {
  check: string;
  /** `poor`: it works, with the limitation in the detail. */
  verdict: 'ok' | 'poor' | 'no';
  detail: string;
}

export interface Examination {
  findings: ProbeFinding[];
  /** Undefined if no settings that were tried work. */
  fits?: {
    api: ModelApi;
    profile: ProfileName;
    /** False when the server refuses every request with tools, so its agents can have none. */
    tools: boolean;
    context_tokens: number;
  };
}

export interface ExamineOptions {
  clients: Record<ModelApi, ModelClient>;
  model: string;
  /** The current setting; tried first. */
  api: ModelApi;
  profile: ProfileName;
  /** MEANWHILE_CONTEXT_TOKENS. */
  context_tokens: number;
  signal: AbortSignal;
  /** Called with each finding at once: a slow model takes minutes. */
  found?(finding: ProbeFinding): void;
}

export async function examine(options: ExamineOptions): Promise<Examination> {
  const { clients, model, signal } = options;
  const findings: ProbeFinding[] = [];
  const note = (check: string, verdict: ProbeFinding['verdict'], detail: string) => {
    const finding = { check, verdict, detail };
    findings.push(finding);
    options.found?.(finding);
  };
  const put = (api: ModelApi, profile: ProfileName, question: ProbeQuestion) =>
    ask(clients[api], requestOf(question, { model, profile: profiles[profile] }), signal);

  const api = await findApi(options, put, note);
  if (!api) return { findings };
  const withTools = await findProfile(options, api, put, note);
  if (!withTools && !(await talksWithoutTools(options, api, put, note))) return { findings };
  const profile = withTools ?? options.profile;
  if (withTools) {
    await noteAsync(api, profile, put, note);
    noteCall(await put(api, profile, questions.tool), note);
    await noteTwoCalls(await put(api, profile, questions.twoTools), note);
  }
  const context_tokens = await findWindow(options, { api, profile }, put, note);
  return { findings, fits: { api, profile, tools: withTools !== undefined, context_tokens } };
}

type Put = (api: ModelApi, profile: ProfileName, question: ProbeQuestion) => Promise<ProbeAnswer>;
type Note = (check: string, verdict: ProbeFinding['verdict'], detail: string) => void;

/** The configured API, or the other one if only that one answers. */
async function findApi(
  { api: set, profile }: ExamineOptions,
  put: Put,
  note: Note,
): Promise<ModelApi | undefined> {
  for (const api of set === 'chat'
    ? (['chat', 'responses'] as const)
    : (['responses', 'chat'] as const)) {
    const answer = await put(api, profile, questions.plain);
    if (!answer.ok) {
      note(`a plain question (${api})`, 'no', why(answer));
      continue;
    }
    const { text, first_ms, pieces, usage } = answer;
    const said = text.trim() === '' ? 'nothing' : `"${shorten(text)}"`;
    note(`a plain question (${api})`, text.trim() === '' ? 'poor' : 'ok', `it said ${said}`);
    note(
      'streaming',
      'ok',
      `first words after ${seconds(first_ms)}, in ${plural(pieces, 'piece')}`,
    );
    const counts = !usage.estimated;
    note(
      'usage',
      counts ? 'ok' : 'poor',
      counts
        ? `${usage.input_tokens} + ${usage.output_tokens} tokens`
        : 'the server reports no token counts: token limits rely on an estimate',
    );
    return api;
  }
  return undefined;
}

/** The first form that the server accepts for a conversation in which a call is open, and in which news comes unprompted. */
async function findProfile(
  { profile: set }: ExamineOptions,
  api: ModelApi,
  put: Put,
  note: Note,
): Promise<ProfileName | undefined> {
  for (const profile of [set, ...PROFILE_NAMES.filter((name) => name !== set)]) {
    if (!isAvailable(api, profile)) {
      if (profile === set) note(`an open call (profile ${profile})`, 'no', NOT_IN_CHAT);
      continue;
    }
    const talk = await put(api, profile, questions.openCall);
    if (!talk.ok) {
      note(`an open call (profile ${profile})`, 'no', why(talk));
      continue;
    }
    const news = await put(api, profile, questions.news);
    if (!news.ok) {
      note(`unprompted news (profile ${profile})`, 'no', why(news));
      continue;
    }
    const answered = /paris/i.test(talk.text);
    note(
      `an open call (profile ${profile})`,
      answered ? 'ok' : 'poor',
      answered
        ? 'the conversation goes on while it runs'
        : `accepted, but when asked for the capital of France it said "${shorten(talk.text)}"`,
    );
    return profile;
  }
  return undefined;
}

/** Only the Responses API has async function tools. */
const isAvailable = (api: ModelApi, profile: ProfileName) =>
  api === 'responses' || profile !== ASYNC;
const ASYNC = 'async_tools';
const NOT_IN_CHAT = 'Chat Completions has no async function tools; OPENAI_API=responses may';

/** Reports whether async function tools could be used in place of the profile that fits. */
async function noteAsync(api: ModelApi, profile: ProfileName, put: Put, note: Note): Promise<void> {
  if (profile === ASYNC || !isAvailable(api, ASYNC)) return;
  const answer = await put(api, ASYNC, questions.openCall);
  const taken = `accepted: OPENAI_PROFILE=${ASYNC} uses them (a server that ignores the field looks the same)`;
  if (answer.ok) note('async function tools', 'ok', taken);
  else note('async function tools', 'poor', `refused, so a prompt explains them: ${why(answer)}`);
}

async function talksWithoutTools(
  { profile }: ExamineOptions,
  api: ModelApi,
  put: Put,
  note: Note,
): Promise<boolean> {
  const answer = await put(api, profile, longTalk(1));
  const [verdict, detail] = answer.ok
    ? (['poor', 'a conversation is accepted: only requests with tools are refused'] as const)
    : (['no', why(answer)] as const);
  note('a conversation without tools', verdict, detail);
  return answer.ok;
}

function noteCall(answer: ProbeAnswer, note: Note): void {
  if (!answer.ok) return note('a tool', 'no', why(answer));
  const [call] = answer.calls;
  if (!call) return note('a tool', 'poor', `no call; it said "${shorten(answer.text)}"`);
  note('a tool', 'ok', `${call.name}(${shorten(call.arguments)})`);
}

async function noteTwoCalls(answer: ProbeAnswer, note: Note): Promise<void> {
  if (!answer.ok) return note('two tools at once', 'no', why(answer));
  const parsed = await Promise.all(
    answer.calls.map((call) => parseToolCall(new Map([[ADD.name, ADD]]), call)),
  );
  const valid = parsed.filter(({ problem }) => !problem).length;
  if (valid === 2) return note('two tools at once', 'ok', 'two calls, each with its own input');
  note(
    'two tools at once',
    'poor',
    `${plural(valid, 'valid call')} of ${answer.calls.length}: this model calls tools one by one, or not as declared`,
  );
}

/** Halves the budget until a prompt is accepted. Silent truncation is found only if the server reports the tokens that it has read. */
async function findWindow(
  { context_tokens: set, model }: ExamineOptions,
  { api, profile }: { api: ModelApi; profile: ProfileName },
  put: Put,
  note: Note,
): Promise<number> {
  let refusal = '';
  for (let tokens = set; tokens >= LEAST_TOKENS; tokens = Math.floor(tokens / 2)) {
    const question = longTalk(tokens * CHARACTERS_A_TOKEN);
    const answer = await put(api, profile, question);
    if (answer.ok) {
      const counted = await countRequest(
        requestOf(question, { model, profile: profiles[profile] }),
      );
      const read = answer.usage.input_tokens;
      const isCut = read > 0 && read < counted / 2;
      const detail = isCut
        ? `the server reports reading ${read} of about ${counted} tokens: it cuts off the beginning`
        : `about ${counted} tokens are accepted${refusal && `; more was refused: ${refusal}`}`;
      note('a long prompt', refusal || isCut ? 'poor' : 'ok', detail);
      return isCut ? Math.max(LEAST_TOKENS, Math.floor(read * 0.8)) : tokens;
    }
    refusal = why(answer);
  }
  note('a long prompt', 'no', refusal);
  return LEAST_TOKENS;
}

const LEAST_TOKENS = 2_000;
/** For the sentences that are sent, by the tokenizer of OpenAI's models. */
const CHARACTERS_A_TOKEN = 3.5;

const why = ({ error }: ProbeAnswer & { ok: false }) =>
  `${error.type}: ${shorten(error.message, 300)}`;
const plural = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

function shorten(text: string, longest = 80): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
