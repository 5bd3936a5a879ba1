/**
 * A call of an MCP tool that asks a person. While it waits, the worker runs nothing for it. Questions and answers are in the call's folder,
 * from which any later attempt continues.
 */
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QUESTION_TIMEOUT_MS } from '../contract/call.ts';
import { Asks } from './asks.ts';
import type { CallContext, CallYield } from './define.ts';
import { openAttempt } from './mcp-order.ts';
import {
  answerIn,
  attemptOfQuestion,
  type McpAnswer,
  type McpOutcome,
  type McpQuestion,
  questionId,
  readMcpFile,
  settle,
  type ToldProgress,
} from './mcp-spool.ts';

export interface AskingPlace {
  call: CallContext;
  /** The folder of the attempt. */
  folder: string;
  attempt: number;
  /** The progress that was reported last. */
  told: ToldProgress;
}

/**
 * Yields the question to a person.
 * @param isHeld whether a process or connection waits for the answer
 * @returns the answer, if there is one already; `cancel` if the server has withdrawn the question
 * @throws Asks, if the question is open
 */
export async function* ask(
  { call, folder, attempt, told: { percent } }: AskingPlace,
  [key, question]: [string, McpQuestion],
  isHeld: boolean,
): AsyncGenerator<CallYield, McpAnswer, void> {
  const id = questionId(attempt, key);
  const answer = answerIn(folder, id);
  if (answer?.action === 'withdrawn') return { action: 'cancel' };
  if (answer) return answer;
  yield call.progress(percent, inWords(question), { question: { id, ...question } });
  await keepFolder(await call.folder());
  throw new Asks(id, isHeld);
}

/** The note for the model. */
const inWords = ({ message, url }: McpQuestion) =>
  `Waits for a person, who is asked: ${JSON.stringify(message)}${url === undefined ? '' : ` (they have to visit ${url})`}. ` +
  'They answer in their client, and the call goes on then. Nobody else can answer for them.';

/**
 * Asks every question that has no answer yet, one at a time. When all are answered, opens the next attempt with the answers.
 * @param next folder of the next attempt
 * @throws Asks, while a question is open
 */
export async function* askAll(
  place: AskingPlace,
  { questions, state, task }: McpOutcome & { type: 'asks' },
  next: string,
): AsyncGenerator<CallYield, void, void> {
  const responses: Record<string, McpAnswer> = {};
  for (const asked of Object.entries(questions)) {
    responses[asked[0]] = yield* ask(place, asked, false);
  }
  const earlier = await readMcpFile(place.folder, 'answers.json');
  const { round = 0, before = [], responses: last = {} } = earlier ?? {};
  await openAttempt(next, {
    ...(task !== undefined && { 'task.json': { id: task, told: place.told } }),
    'answers.json': {
      round: round + 1,
      responses,
      ...(state !== undefined && { state }),
      ...(task !== undefined && { before: [...before, ...Object.keys(last)] }),
    },
  });
}

/**
 * Writes the answer with which the call is resumed into the folder of the attempt that asked.
 * @param folderOf the folder of an attempt
 */
export async function takeAnswer(
  { resumes, folder }: Pick<CallContext, 'resumes' | 'folder'>,
  folderOf: (attempt: number) => string,
): Promise<void> {
  if (!resumes) return;
  await rm(join(await folder(), KEPT), { force: true });
  const { question_id, answer } = resumes;
  if (!answer) return;
  const { action, content } = answer;
  const attempt = folderOf(attemptOfQuestion(question_id));
  settle(attempt, question_id, { action, ...(content && { content }) });
}

/** Keeps the call's folder from being removed while the question is open, since nothing in it changes in that time. */
async function keepFolder(own: string): Promise<void> {
  const path = join(own, KEPT);
  await writeFile(path, '');
  const until = new Date(Date.now() + QUESTION_TIMEOUT_MS);
  await utimes(path, until, until);
}

const KEPT = 'asking';
