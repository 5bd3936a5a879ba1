/** One summary played through the activity, with the stub for the model and a log in memory. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { onTestFinished } from 'vitest';
import { createSummarise } from '../../activities/reply/summarise.ts';
import type { Entry } from '../../contract/entry.ts';
import type { SummaryRequest, SummaryResult } from '../../contract/reply.ts';
import { createModelClient, type ModelClientOptions } from '../../model/client.ts';
import { startStubModel, type StubHandler } from './model-server.ts';

const conversation = { tenant: 'default', id: 'c' };

export interface SummaryPlay {
  log: Entry[];
  model: StubHandler;
  api?: ModelClientOptions['api'];
  request?: Partial<SummaryRequest>;
  /** How many attempts at the model have failed before. */
  failed?: number;
}

/** A summary under way. Without anything else said it is that of the whole log. */
export async function playSummary({ log, model, api = 'chat', request, failed = 0 }: SummaryPlay) {
  const stub = await startStubModel(model);
  onTestFinished(() => stub.close());
  const environment = new MockActivityEnvironment(
    { attempt: failed + 1, heartbeatDetails: { failed } },
    { logger: new DefaultLogger('ERROR') },
  );
  const agents = [
    { name: 'default', instructions: 'Help.' },
    { name: 'large', instructions: 'Help.', model: 'large' },
  ];
  const spent: number[] = [];
  const summarise = createSummarise({
    store: {
      window: async (_, { from, to }) => log.filter(({ seq }) => seq >= from && seq <= to),
      spendTokens: async (_, tokens) => void spent.push(tokens),
    },
    catalogue: { agents: new Map(agents.map((agent) => [agent.name, agent])) },
    model: createModelClient({ api, baseURL: stub.url }),
    defaultModel: 'small',
  });
  const result = environment.run<[SummaryRequest], SummaryResult, typeof summarise>(summarise, {
    conversation,
    agent: 'default',
    from: 1,
    to: log.length,
    attempts: 4,
    context_tokens: 2_000,
    ...request,
  });
  // Every test looks at the outcome in the end, some only after having waited for something else.
  result.catch(() => undefined);
  return { result, stub, environment, spent };
}
