/** What is looked at with a real Ollama. Each check says what it saw: a small model answers nonsense, and that is no failure here. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meanwhile } from '../../client/meanwhile.ts';
import { watch } from '../../client/watch.ts';
import type { EntryOf, Usage } from '../../contract/entry.ts';
import { type Ollama, runnerSeconds } from './server.ts';

export interface OllamaContext {
  client: Meanwhile;
  ollama: Ollama;
  model: string;
  /** With the same weights, and a template that knows no tools. Undefined: none could be made. */
  without_tools: string | undefined;
  /** How long the model may take over one thing. Milliseconds. */
  patience_ms: number;
}

export interface OllamaOutcome {
  verdict: 'ok' | 'failed' | 'not tried';
  seen: string;
}

export type OllamaCheck = (around: OllamaContext) => Promise<OllamaOutcome>;

export const checks: Record<string, OllamaCheck> = {
  talk,
  'an interrupt stops the generation': interrupt,
  'a prompt that is too long is survived': tooLong,
  'tools that are refused are said to be': toolsRefused,
};

async function talk(around: OllamaContext): Promise<OllamaOutcome> {
  const { say, close } = await begin(around, 'talker');
  try {
    const began = performance.now();
    const end = await say('Say hello in one short sentence.');
    if (end.kind !== 'reply.completed') return failed(`the reply ended as ${inWords(end)}`);
    const { text, usage } = end;
    return ok(
      `"${short(text)}" after ${seconds(performance.now() - began)}, ${usage.input_tokens} + ${usage.output_tokens} tokens`,
    );
  } finally {
    await close();
  }
}

/** Looked at from outside: the time at which Ollama would unload the model moves only when a request has ended. */
async function interrupt(around: OllamaContext): Promise<OllamaOutcome> {
  const { ollama, model, client } = around;
  const { id, post, heard, ended, close } = await begin(around, 'counter');
  try {
    await post('Count from 1 to 5000, one number a line, in digits. Go on until 5000.');
    await heard();
    const before = await ollama.expiry(model);
    const busy = await load(2_000);
    const still = await ollama.expiry(model);
    const known = before !== undefined && before === still;
    const stopped = performance.now();
    await client.post(`/v1/conversations/${id}/interrupt`, { scope: 'reply' });
    const end = await ended();
    if (end.kind !== 'reply.interrupted') {
      return failed(`the reply was over before it could be stopped: ${inWords(end)}`);
    }
    const told = performance.now() - stopped;
    const moved = known && (await changes(() => ollama.expiry(model), before, 15_000));
    const freed = performance.now() - stopped;
    const idle = await load(2_000);
    const signs = [
      `reply.interrupted after ${seconds(told)}`,
      known
        ? moved
          ? `Ollama had ended the request ${seconds(freed)} after the stop (expires_at of /api/ps moved, which stood still while it wrote)`
          : 'expires_at of /api/ps did not move within 15 s'
        : 'expires_at of /api/ps tells nothing here',
      ...(busy !== undefined && idle !== undefined
        ? [
            `its runner used ${percent(busy)} of a processor before the stop and ${percent(idle)} after it`,
          ]
        : []),
    ];
    const isIdle = busy !== undefined && idle !== undefined && busy > 0.2 && idle < busy / 10;
    const isFine = busy === undefined || idle === undefined ? moved : isIdle && (moved || !known);
    return { verdict: isFine ? 'ok' : 'failed', seen: signs.join('; ') };
  } finally {
    await close();
  }
}

async function tooLong(around: OllamaContext): Promise<OllamaOutcome> {
  const { say, close } = await begin(around, 'talker');
  try {
    const words = Array.from({ length: 8_000 }, (_, n) => `word${n}`).join(' ');
    const first = await say(`Here are some words: ${words}. What is the last one?`);
    const then = await say('Say hello in one short sentence.');
    const seen = `the long message: ${inWords(first)}; the next one: ${inWords(then)}`;
    return then.kind === 'reply.completed' ? ok(seen) : failed(seen);
  } finally {
    await close();
  }
}

async function toolsRefused(around: OllamaContext): Promise<OllamaOutcome> {
  if (around.without_tools === undefined) {
    return {
      verdict: 'not tried',
      seen: 'Ollama says of every template of this model that it takes tools',
    };
  }
  const { say, close } = await begin(around, 'caller');
  try {
    const end = await say('Look up the word boat.');
    const isSaid = end.kind === 'reply.failed' && /does not support tools/.test(end.error.message);
    return isSaid ? ok(inWords(end)) : failed(inWords(end));
  } finally {
    await close();
  }
}

type End = EntryOf<'reply.completed' | 'reply.interrupted' | 'reply.failed'>;

async function begin({ client, patience_ms }: OllamaContext, agent: string) {
  const { id } = await client.post('/v1/conversations', { agent });
  let hasSpoken = false;
  const log = watch(client, id, (item) => {
    hasSpoken ||= item.type === 'delta';
  });
  const ends = () => [
    ...log.of('reply.completed'),
    ...log.of('reply.interrupted'),
    ...log.of('reply.failed'),
  ];
  let over = 0;
  const post = (text: string) => client.post(`/v1/conversations/${id}/messages`, { text });
  const ended = async (): Promise<End> => {
    const found = await log.until(
      'the reply is over',
      () => ends().toSorted((a, b) => a.seq - b.seq)[over],
      patience_ms,
    );
    over += 1;
    return found;
  };
  return {
    id,
    post,
    ended,
    heard: () => log.until('the model begins to speak', () => hasSpoken, patience_ms),
    async say(text: string) {
      await post(text);
      return ended();
    },
    close: () => log.close(),
  };
}

/** How much of a processor Ollama's runners use. */
async function load(ms: number): Promise<number | undefined> {
  const began = performance.now();
  const before = await runnerSeconds();
  await sleep(ms);
  const after = await runnerSeconds();
  if (before === undefined || after === undefined) return undefined;
  return ((after - before) * 1_000) / (performance.now() - began);
}

async function changes<T>(probe: () => Promise<T>, from: T, most_ms: number): Promise<boolean> {
  for (const end = performance.now() + most_ms; performance.now() < end; await sleep(100)) {
    if ((await probe()) !== from) return true;
  }
  return false;
}

const ok = (seen: string): OllamaOutcome => ({ verdict: 'ok', seen });
const failed = (seen: string): OllamaOutcome => ({ verdict: 'failed', seen });

function inWords(end: End): string {
  if (end.kind === 'reply.failed') return `${end.kind}, ${end.error.type}: ${end.error.message}`;
  const { usage } = end as { usage?: Usage };
  const tokens = usage ? `, ${usage.input_tokens} + ${usage.output_tokens} tokens` : '';
  return `${end.kind}, "${short(end.text)}"${tokens}`;
}

function short(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const percent = (part: number) => `${Math.round(part * 100)} %`;
