/** The stub model, answered by a test request by request. */
import { PassThrough } from 'node:stream';
import type { AskedCall } from '../../model/message.ts';
import { createMailbox } from './mailbox.ts';
import {
  startStubModel,
  type StubModel,
  type StubReply,
  type StubRequest,
} from './model-server.ts';

export interface AskedModel {
  request: StubRequest;
  says(text: string, ...calls: AskedCall[]): void;
  /** Says this and holds the rest back. */
  begins(text: string): HeldAnswer;
  answers(reply: StubReply): void;
}

export interface HeldAnswer {
  goesOn(text: string): void;
  ends(): void;
}

export interface PlayedModel extends StubModel {
  /** The next unanswered request. */
  asked(): Promise<AskedModel>;
  /** The next one whose last message has these words. Requests before it, such as for the end of a call of an earlier test, are answered "Noted.". */
  askedAbout(words: string): Promise<AskedModel>;
}

/** @param options.port 0: any free one. */
export async function startPlayedModel(options: { port?: number } = {}): Promise<PlayedModel> {
  const mailbox = createMailbox<AskedModel>('the model is asked');
  const model = await startStubModel((request) => {
    const { promise, resolve } = Promise.withResolvers<StubReply>();
    mailbox.put({
      request,
      answers: resolve,
      says: (text, ...calls) => resolve({ text, calls }),
      begins(beginning) {
        const text = new PassThrough({ objectMode: true });
        text.write(beginning);
        resolve({ text });
        return { goesOn: (more) => void text.write(more), ends: () => void text.end() };
      },
    });
    return promise;
  }, options);
  return {
    ...model,
    asked: mailbox.take,
    async askedAbout(words) {
      for (;;) {
        const asked = await mailbox.take();
        if (asked.request.messages.at(-1)?.text?.includes(words)) return asked;
        asked.says('Noted.');
      }
    },
  };
}

/** A call that the model asks for. */
export const asks = (name: string, input: unknown = {}): AskedCall => ({
  name,
  arguments: JSON.stringify(input),
});
