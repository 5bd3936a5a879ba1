import { z } from 'zod';
import { conversationParams } from '../../contract/http.ts';
import type { ConversationKey } from '../../contract/names.ts';
import { turn, type Turn } from '../../contract/turns.ts';
import { gatherTurns } from '../explain/turns.ts';
import type { Store } from '../../store/store.ts';
import type { Api } from '../dependencies.ts';
import { unknownConversation } from '../not-running.ts';
import { problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

const turnsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe('Turns with a higher number.'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const turnPage = z
  .object({
    turns: z.array(turn),
    next_after: z
      .int()
      .optional()
      .describe('Pass as `after` for the next page; absent on the last.'),
  })
  .describe('A page of turns, oldest first.');

export function turnRoutes(app: Api, { store }: { store: Pick<Store, 'entries'> }): void {
  app.get(
    '/v1/conversations/:id/turns',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'listTurns',
        summary: 'Why the agent spoke',
        description:
          'The log, grouped by turn: who or what made the agent speak, and when; what was merged, deferred, dropped; ' +
          'the replies and calls that it led to; durations and tokens.',
        tags: ['log'],
        params: conversationParams,
        querystring: turnsQuery,
        response: {
          200: turnPage,
          ...problemResponses('invalid_request', 'conversation_not_found', 'store_unavailable'),
        },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      const all = await turnsOf(store, conversationOf(request));
      const turns = all.slice(after, after + limit);
      return { turns, ...(all.length > after + limit && { next_after: after + limit }) };
    },
  );
}

/** Reads the whole log: news that arrived in one turn may be handled in a much later one. */
async function turnsOf(store: Pick<Store, 'entries'>, key: ConversationKey): Promise<Turn[]> {
  const turns = gatherTurns();
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = await store.entries(key, { after, limit: 1_000 });
    if (!page) throw unknownConversation(key);
    page.entries.forEach(turns.add);
    after = page.next_after;
  }
  return turns.all();
}
