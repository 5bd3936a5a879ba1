/**
 * What news costs in tokens: four calls at a time with 100 progress events each, while the user writes 20 times, on this service
 * and on the naive loop (naive/workflow.ts), which puts every event into the conversation and asks the model about each. Same
 * Temporal server, same model, same user at the same time.
 *
 * - ours, naive: tokens of all requests that are not words of the user or the model, nor instructions: on this service the `<event>` and
 *   `<now>` blocks, in the naive loop its events. What is in ten requests is paid for ten times.
 * - same_requests: what the naive way would cost if it asked no more often than this service: in each of our requests all events
 *   that had happened by then.
 * - stale_requests: requests of ours whose active state was missing or not true (active-state.ts).
 *
 * - fixed: what a plain question costs with 0, 1 and 20 tools (fixed-tokens.ts).
 *
 * Tokens are counted by o200k_base, the encoding of OpenAI's current models.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watch } from '../../client/watch.ts';
import type { ModelMessage } from '../../model/message.ts';
import { countTokens } from '../../model/tokens.ts';
import { startStubModel, type StubModel, type StubRequest } from '../kit/model-server.ts';
import { type NotedProgress, staleIn } from './active-state.ts';
import { ratio } from './figures.ts';
import { fixedTokens } from './fixed-tokens.ts';
import { type BenchServers, onGround, type OurService, WITH_EXTENSIONS } from './ground.ts';
import { post } from './service.ts';
import { NAIVE_QUEUE } from './naive/worker.ts';
import type { naive } from './naive/workflow.ts';

export const tokensHelp = `npm run bench -- tokens [--every-ms 250]
  What 400 progress events of four calls cost in tokens while the user writes 20 times: this service against a naive loop.
  And what a plain question costs with 0, 1 and 20 tools.`;

const CALLS = 4;
const STEPS = 100;
const CHATS = 20;
const MODEL_MS = 100;

interface Asked {
  at: number;
  messages: ModelMessage[];
}

export async function tokens(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { 'every-ms': { type: 'string', default: '250' } },
  });
  const everyMs = Number(values['every-ms']);
  const fixed = await fixedTokens();
  const asked = { ours: [] as Asked[], naive: [] as Asked[] };
  const models = {
    ours: await startStubModel(keepingIn(asked.ours)),
    naive: await startStubModel(keepingIn(asked.naive)),
  };
  try {
    return await onGround(async (ground) => {
      const service = await ground.service(models.ours.url, WITH_EXTENSIONS);
      await Promise.all([playOurs(service, everyMs), playNaive(ground, models.naive, everyMs)]);
      const noted = await readNoted(join(ground.home, 'steps.jsonl'));
      return { ...(await summarise(asked, noted)), fixed };
    });
  } finally {
    await Promise.all(Object.values(models).map((model) => model.close()));
  }

  function keepingIn(kept: Asked[]) {
    return async (request: StubRequest) => {
      kept.push({ at: Date.now(), messages: request.messages });
      await sleep(MODEL_MS);
      return answer(request);
    };
  }
}

async function playOurs({ base, client }: OurService, everyMs: number): Promise<void> {
  const { id } = await client.post('/v1/conversations', { agent: 'parallel' });
  const url = `${base}/v1/conversations/${id}`;
  const log = watch(client, id);
  try {
    await post(`${url}/messages`, { text: start(everyMs) });
    await log.until('all calls run', () => log.of('call.started').length === CALLS);
    for (const text of chats()) {
      await sleep((STEPS * everyMs) / (CHATS + 1));
      await post(`${url}/messages`, { text });
    }
    const isTold = () => {
      const told = new Set(log.of('receipt').flatMap(({ of }) => of));
      const ends = log.of('call.completed');
      return ends.length === CALLS && ends.every(({ seq }) => told.has(seq));
    };
    await log.until('all results are told', isTold, STEPS * everyMs + 60_000);
    await post(`${url}/close`, {});
  } finally {
    await log.close();
  }
}

async function playNaive(
  { address, home, temporal, worker }: BenchServers,
  model: StubModel,
  everyMs: number,
): Promise<void> {
  await worker('naive/worker.ts', [address, join(home, 'naive.jsonl')]);
  const run = await temporal.workflow.signalWithStart<typeof naive, [string]>('naive', {
    taskQueue: NAIVE_QUEUE,
    workflowId: 'naive/tokens',
    args: [model.url],
    signal: 'said',
    signalArgs: [start(everyMs)],
  });
  for (const text of chats()) {
    await sleep((STEPS * everyMs) / (CHATS + 1));
    await run.signal('said', text);
  }
  await run.signal('said_all', 1 + CHATS + CALLS * STEPS);
  await run.result();
}

const start = (everyMs: number) => `Start ${CALLS} times every ${everyMs} ms`;
const chats = () => Array.from({ length: CHATS }, (_, nth) => `Chat ${nth + 1}: how far is it?`);

function answer({ messages }: StubRequest) {
  const everyMs = /^Start \d+ times every (\d+) ms/.exec(messages.find(isUser)?.text ?? '')?.[1];
  const isAsked = messages.some(
    (message) => message.role === 'assistant' && message.calls.length > 0,
  );
  if (everyMs === undefined || isAsked) return { text: 'Noted.' };
  const calls = Array.from({ length: CALLS }, (_, nth) => ({
    name: 'steps',
    arguments: JSON.stringify({ nth: nth + 1, every_ms: Number(everyMs) }),
  }));
  return { text: 'I am on it.', calls };
}

const isUser = ({ role }: ModelMessage) => role === 'user';

async function summarise(
  { ours, naive: naively }: Record<'ours' | 'naive', Asked[]>,
  noted: NotedProgress[],
) {
  const stale = ours.flatMap(({ at, messages }, nth) => {
    const problems = staleIn(messages, at, noted);
    if (problems.length > 0) console.log(`request ${nth + 1}: ${problems.join('; ')}`);
    return problems.length > 0 ? [nth] : [];
  });
  const cost = { ours: await sum(ours, eventTokens), naive: await sum(naively, eventTokens) };
  const whole = { ours: await sum(ours, allTokens), naive: await sum(naively, allTokens) };
  const events = naively.at(-1)!.messages.filter(({ text }) => isBlock(text));
  const perEvent = (await eventTokens({ messages: events })) / events.length;
  const happened = (at: number) => noted.filter((note) => note.percent > 0 && note.at <= at).length;
  const sameRequests = perEvent * ours.reduce((total, { at }) => total + happened(at), 0);
  console.log(
    `ours   ${ours.length} requests, ${whole.ours} tokens in all, ${cost.ours} of them for events\n` +
      `naive  ${naively.length} requests, ${whole.naive} tokens in all, ${cost.naive} of them for ${events.length} events of ${perEvent.toFixed(1)}\n` +
      `naive, asking no more often than ours: ${Math.round(sameRequests)} for events, ${ratio(sameRequests, cost.ours)} times ours`,
  );
  return {
    bench: 'tokens',
    ours: cost.ours,
    naive: cost.naive,
    ratio: ratio(cost.naive, cost.ours),
    same_requests: Math.round(sameRequests),
    same_requests_ratio: ratio(sameRequests, cost.ours),
    total_ours: whole.ours,
    total_naive: whole.naive,
    stale_requests: stale.length,
  };
}

async function sum<T>(items: T[], of: (item: T) => Promise<number>): Promise<number> {
  let total = 0;
  for (const item of items) total += await of(item);
  return total;
}

const isBlock = (text: string) => /^<(event|now)>/.test(text);

const eventTokens = ({ messages }: Pick<Asked, 'messages'>) =>
  sum(messages, async ({ text }) => (isBlock(text) ? countTokens(text) : 0));

const allTokens = ({ messages }: Asked) =>
  sum(messages, (message) => countTokens(wordsOf(message)));

const wordsOf = (message: ModelMessage) =>
  message.role === 'assistant' ? message.text + JSON.stringify(message.calls) : message.text;

async function readNoted(file: string): Promise<NotedProgress[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as NotedProgress);
}
