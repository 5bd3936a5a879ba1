/**
 * What a plain question costs, with as many tools as the agent has: everything that the service sends of its own, the declarations of the
 * tools, and the question. `first` is the first request of a conversation; `large`, one after a result was set aside.
 */
import { prepareAsking } from '../../activities/reply/asking.ts';
import type { Entry } from '../../contract/entry.ts';
import { countRequest } from '../../model/tokens.ts';
import clock from '../../tools/builtin/clock.ts';
import readResult from '../../tools/builtin/read-result.ts';
import { defineTool, type Tool } from '../../tools/define.ts';
import { z } from 'zod';
import { replyRequest } from '../kit/reply-request.ts';

export type FixedTokens = Record<`tools_${number}`, { first: number; large: number }>;

export async function fixedTokens(): Promise<FixedTokens> {
  const costs: FixedTokens = {};
  for (const tools of [0, 1, 20]) {
    const cost = { first: await costOf(tools, QUESTION), large: await costOf(tools, LARGE) };
    costs[`tools_${tools}`] = cost;
    console.log(
      `a question with ${tools} tools: ${cost.first} tokens` +
        (tools > 0 ? `; ${cost.large} after a large result, with what the log has of it` : ''),
    );
  }
  return costs;
}

async function costOf(tools: number, entries: Entry[]): Promise<number> {
  const own = Array.from({ length: tools }, (_, nth) => tool(nth + 1));
  const agent = {
    name: 'agent',
    instructions: 'You are a helpful assistant. Answer briefly.',
    tools: own.map(({ name }) => name),
  };
  const { request } = await prepareAsking(
    {
      store: { window: async () => entries, progress: async () => new Map() },
      catalogue: {
        tools: new Map([...own, clock, readResult].map((each) => [each.name, each as Tool])),
        agents: new Map([[agent.name, agent]]),
      },
      defaultModel: 'any',
    },
    replyRequest(entries, { agent: agent.name }),
  );
  return countRequest(request);
}

/** As teams write them: a sentence, three fields, one of them a choice. */
const tool = (nth: number) =>
  defineTool({
    name: `find_orders_${nth}`,
    description: 'Finds the orders of a customer, newest first, with their state and their sum.',
    input: z.object({
      customer: z.string().describe('The number of the customer.'),
      state: z.enum(['open', 'sent', 'paid']).optional().describe('Only orders in this state.'),
      most: z.int().min(1).max(50).default(10).describe('How many, at most.'),
    }),
    run: async () => [],
  });

const log = (...bodies: ({ kind: string } & Record<string, unknown>)[]) =>
  bodies.map(
    (body, index) =>
      ({
        seq: index + 1,
        at: '2030-01-01T00:00:00.000Z',
        actor: { type: 'user', id: 'user' },
        cause: [],
        ...body,
      }) as Entry,
  );

const asks = (text: string) => ({ kind: 'message.user', message_id: text, text });

const starts = { kind: 'reply.started', reply_id: 'reply_1', because: 'message', reason: '' };

const QUESTION = log(asks('What is the capital of France?'), starts);

const LARGE = log(
  { kind: 'call.requested', call_id: 'call_a', tool: 'find_orders_1', input: { customer: '1' } },
  {
    kind: 'call.completed',
    call_id: 'call_a',
    result: null,
    stored: { n: 'end', bytes: 9_000, head: '' },
  },
  asks('What is the capital of France?'),
  starts,
);
