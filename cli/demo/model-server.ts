/** A model server without AI that implements the OpenAI protocol, for trying the service without a key. */
import { paced } from './pace.ts';
import { answer as answerByRules } from './rules.ts';
import { estimateUsage } from './wire.ts';
import { startWireServer, type WireServer } from './wire-server.ts';

export interface DemoModelOptions {
  /** 0: any free one. */
  port: number;
  host?: string;
  /** Delay before each word. Milliseconds. */
  tokenDelayMs?: number;
  /** Default: the rules in rules.ts. */
  answer?: typeof answerByRules;
}

/** It accepts any model name and any key. */
export function startDemoModel({
  port,
  host = '127.0.0.1',
  tokenDelayMs = 15,
  answer = answerByRules,
}: DemoModelOptions): Promise<WireServer> {
  return startWireServer({
    port,
    host,
    models: ['demo'],
    answer: ({ request, closed, send }) => {
      const { text, calls } = answer(request.messages, request.tools);
      return send({
        text: paced(text, tokenDelayMs, closed),
        calls,
        usage: (said) => estimateUsage(request, said, calls),
      });
    },
  });
}
