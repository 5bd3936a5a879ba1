/** One message after the other to a conversation, of this service or of another side of a bench. */
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from '../../client/watch.ts';
import type { OurService } from './ground.ts';
import { post } from './service.ts';

export interface BenchTalk {
  /**
   * Resolves once the message is acknowledged; `answered` with performance.now once the client knows of the answer, `heard` once
   * it has the first word. Without `heard` it gets the answer as a whole.
   * @param text that no message has which is still to be answered
   */
  send(text: string): Promise<{ answered: Promise<number>; heard?: Promise<number> }>;
}

/** Milliseconds from the moment before the message is sent. */
export interface Sample {
  /** The sender has its acknowledgement. */
  ack: number;
  /** The stub has the request. */
  model: number;
  /** The client has the first word. */
  word: number;
  /** The client knows of the answer. */
  done: number;
}

/** When the model was asked for the next time (performance.now). */
export type NextRequest = () => Promise<number>;

export async function takeTurn(talk: BenchTalk, asked: NextRequest, text: string): Promise<Sample> {
  const sent = performance.now();
  const { answered, heard = answered } = await talk.send(text);
  const ack = performance.now() - sent;
  const model = (await asked()) - sent;
  return { ack, model, word: (await heard) - sent, done: (await answered) - sent };
}

export interface OurTalk extends BenchTalk {
  /** Of the conversation. */
  id: string;
  close(): Promise<void>;
}

/**
 * A new conversation. Every message is to be answered before the next one is sent.
 * @param patience_ms how long an answer may take on a machine that has too much to do
 */
export async function startTalk(
  { base, client, key }: OurService,
  patience_ms = 60_000,
): Promise<OurTalk> {
  const { id } = await client.post('/v1/conversations');
  let answers = 0;
  let heardAnswers = 0;
  const log = watch(client, id, (item) => {
    if (item.type === 'delta') heardAnswers = answers + 1;
    if (item.type === 'entry' && item.data.kind === 'reply.completed') answers += 1;
  });
  let sent = 0;
  return {
    id,
    async send(text) {
      const wanted = ++sent;
      const answered = log
        .until(`answer ${wanted}`, () => answers >= wanted, patience_ms)
        .then(() => performance.now());
      const heard = log
        .until(
          `the first word of answer ${wanted}`,
          () => heardAnswers >= wanted || answers >= wanted,
          patience_ms,
        )
        .then(() => performance.now());
      await post(`${base}/v1/conversations/${id}/messages`, { text }, key);
      return { answered, heard };
    },
    close: () => log.close(),
  };
}

/**
 * Says hello, with a pause in between, as long as more samples are wanted.
 * @returns milliseconds from the moment before each message is sent to the end of its reply
 */
export async function hellos(
  talk: BenchTalk,
  isWanted: (taken: number) => boolean,
): Promise<number[]> {
  const samples: number[] = [];
  while (isWanted(samples.length)) {
    await sleep(REST_MS);
    const sent = performance.now();
    const { answered } = await talk.send('Hello.');
    samples.push((await answered) - sent);
  }
  return samples;
}

/** Between two hellos. */
const REST_MS = 100;
