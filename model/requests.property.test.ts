/** The requests of every profile, sent by the real client, obey OpenAI's types and the rules of its providers, in both APIs. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Agent } from '../agents/define.ts';
import type { ReplyRequest } from '../contract/reply.ts';
import { startStubModel, type StubModel } from '../test/kit/model-server.ts';
import { all, never } from '../test/kit/model-request.ts';
import { randomLog } from '../test/kit/random-log.ts';
import { brokenRules } from '../test/requests/rules.ts';
import { requestChecker } from '../test/requests/schemas.ts';
import type { RequestBody } from '../test/requests/turns.ts';
import { awaitsByTool } from '../tools/awaits.ts';
import { defineTool } from '../tools/define.ts';
import { inProfile } from './async-tools.ts';
import { createModelClient } from './client.ts';
import { appliesTo } from './applies.ts';
import { offeredTools } from './offered.ts';
import { profiles } from './profiles.ts';
import { transcript } from './transcript.ts';

const agent: Agent = { name: 'default', instructions: 'Help.' };
const work = defineTool({
  name: 'work',
  description: 'Works.',
  input: z.object({ text: z.string() }),
  progress: true,
  results: { min: 1, max: 'many' },
  run: async () => 'done',
});

let stub: StubModel;
beforeAll(async () => {
  stub = await startStubModel(() => ({ text: 'Yes.' }));
});
afterAll(() => stub.close());

describe.each(['chat', 'responses'] as const)('a request of the %s API', (api) => {
  let check: (body: unknown) => string[];
  beforeAll(async () => {
    check = await requestChecker(api);
  });

  test.each(Object.values(profiles))(
    'is valid for any conversation, in the profile $name',
    async (profile) => {
      const client = createModelClient({ api, baseURL: stub.url });
      await fc.assert(
        fc.asyncProperty(randomLog, fc.nat(), fc.boolean(), async (log, at, isAfterSummary) => {
          const to = at % (log.entries.length + 1);
          const from = isAfterSummary ? Math.ceil(to / 2) : 1;
          const entries = log.entries.filter(({ seq }) => seq >= from && seq <= to);
          const request: ReplyRequest = {
            conversation: { tenant: 'default', id: 'c' },
            agent: agent.name,
            reply_id: 'reply_99',
            from,
            to,
            because: 'news',
            news: entries.filter(({ kind }) => kind.startsWith('call.')).map(({ seq }) => seq),
            calls: log.openAt.get(to) ?? [],
            attempts: 4,
          };
          const tools = [work];
          const applies = appliesTo({ tools, entries, request, summary: false });
          const sent = client.stream(
            {
              model: 'some-model',
              ...inProfile(profile, (each) => ({
                messages: transcript({
                  entries,
                  agent,
                  request,
                  progress: new Map(),
                  profile: each,
                  applies,
                }),
                tools: offeredTools({
                  agent,
                  tools,
                  awaiting: awaitsByTool(agent, tools),
                  profile: each,
                  applies,
                }),
              })),
            },
            never,
          );
          await all(sent);
          const { body } = stub.requests.at(-1)!;
          expect(check(body)).toEqual([]);
          expect(brokenRules({ api, body } as RequestBody, profile.name)).toEqual([]);
        }),
        { numRuns: 100 },
      );
    },
  );
});
