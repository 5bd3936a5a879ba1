/** The log of a conversation as a resource, in the pages of `GET /v1/conversations/:id/entries`. */
import { z } from 'zod';
import { cut, legible } from '../../contract/stored.ts';
import type { Store } from '../../store/store.ts';
import type { Hub } from '../../stream/hub.ts';
import type { McpRequest, McpResources } from './tool.ts';

const JSON_TYPE = 'application/json';
const PAGE = 50;

const address = /^meanwhile:\/\/conversations\/([\w-]{1,64})\/log(\?.*)?$/;
const query = z.strictObject({
  after: z.coerce.number().int().min(0).max(999_999_999).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export function createResources({
  store,
  hub,
}: {
  store: Pick<Store, 'list' | 'entries' | 'marks' | 'result'>;
  hub: Pick<Hub, 'join'>;
}): McpResources {
  return {
    templates: [
      {
        uriTemplate: 'meanwhile://conversations/{id}/log{?after,limit}',
        name: 'The log of a conversation',
        description:
          'Everything that was said and done, as entries numbered by seq. `after` is the seq of the last entry that you have; ' +
          '`next_after` in the answer is the one to continue with.',
        mimeType: JSON_TYPE,
      },
      {
        uriTemplate: 'meanwhile://conversations/{id}/calls/{call_id}/results/{n}{?from}',
        name: 'A large result of a call',
        description: `${PART} characters of the result, starting at the position \`from\`. Results that are not large are in the log.`,
        mimeType: 'text/plain',
      },
    ],

    async list({ tenant }, cursor) {
      const page = await store.list(tenant, {
        limit: PAGE,
        ...(cursor !== undefined && { after: cursor }),
      });
      const { conversations, next_after } = page;
      return {
        resources: conversations.map(({ id, agent, created_at }) => ({
          uri: `meanwhile://conversations/${id}/log`,
          name: `Conversation with ${agent}, begun ${created_at}`,
          mimeType: JSON_TYPE,
        })),
        ...(next_after !== undefined && { nextCursor: next_after }),
      };
    },

    async read(uri, { tenant }) {
      const part = partOf(uri);
      if (part) {
        const json = await store.result({ tenant, id: part.id }, part);
        if (json === undefined) return undefined;
        const whole = legible(JSON.parse(json));
        const to = part.from + PART;
        const more = to < whole.length ? `\n… (goes on at ?from=${to})` : '';
        return { mimeType: 'text/plain', text: cut(whole, part.from, to) + more };
      }
      const place = placeOf(uri);
      if (!place) return undefined;
      const { id, ...page } = place;
      const found = await store.entries({ tenant, id }, page);
      return found && { mimeType: JSON_TYPE, text: JSON.stringify(found) };
    },

    async follow(uri, { tenant, signal }: McpRequest) {
      const place = placeOf(uri);
      const key = place && { tenant, id: place.id };
      const [mark] = key ? await store.marks([key]) : [];
      if (!key || !mark) return undefined;
      const from = { after: mark.last_seq, revision: mark.revision };
      return changes(hub.join(key, from, signal).items());
    },
  };
}

/** How many characters of a large result one request returns. */
const PART = 20_000;

const ofResult =
  /^meanwhile:\/\/conversations\/([\w-]{1,64})\/calls\/([\w-]{1,64})\/results\/(end|[1-9]\d{0,8})(?:\?from=(\d{1,9}))?$/;

/** Undefined for an address that is not of a large result. */
function partOf(uri: string) {
  const [, id, call_id, n, from = '0'] = ofResult.exec(uri) ?? [];
  if (id === undefined || call_id === undefined || n === undefined) return undefined;
  return { id, call_id, n: n === 'end' ? ('end' as const) : Number(n), from: Number(from) };
}

/** Undefined for an address that is not of a log. */
function placeOf(uri: string): { id: string; after: number; limit: number } | undefined {
  const [, id, search = ''] = address.exec(uri) ?? [];
  const asked = query.safeParse(Object.fromEntries(new URLSearchParams(search)));
  return id !== undefined && asked.success ? { id, ...asked.data } : undefined;
}

async function* changes(items: AsyncIterable<{ type: string }>): AsyncGenerator<void, void, void> {
  for await (const { type } of items) if (type === 'entry' || type === 'rewind') yield;
}
