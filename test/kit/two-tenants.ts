/** Two tenants of an API that stands on fakes, each with a key; and what one of them has, which the other must not see. */
import { openAccess } from '../../security/access/access.ts';
import { createKey } from '../../security/access/manage.ts';
import { SCOPES } from '../../contract/access.ts';
import type { EntryOf } from '../../contract/entry.ts';
import { batch, idle, message } from '../store/samples.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from './api.ts';
import { createMemoryStore } from './memory-store.ts';

/** In the other tenant's messages, results, metadata and names. */
export const MARK = 'xyzzy-of-the-other-tenant';

export interface Tenant {
  name: string;
  key: string;
  /** By the names of path parameters. */
  ids: Record<string, string>;
}

export interface TwoTenants {
  api: TestApi;
  base: string;
  mine: Tenant;
  theirs: Tenant;
  ask(key: string, method: string, path: string, body?: string): Promise<ApiAnswer>;
}

export async function createTwoTenants(): Promise<TwoTenants> {
  const store = createMemoryStore();
  const [mineKey, theirKey] = await Promise.all(
    ['mine', 'theirs'].map((tenant) =>
      createKey(store, tenant, { name: `${MARK} ${tenant}`, scopes: [...SCOPES], test: false }),
    ),
  );
  const access = await openAccess({ store, secret: PUSH_SECRET });
  const api = await createTestApi({ store, access });
  const base = await api.listen();
  const ask: TwoTenants['ask'] = (...asked) => askAt(base, ...asked);
  const ids = await inhabit({ api, ask }, 'theirs', theirKey!.key);
  return {
    api,
    base,
    mine: { name: 'mine', key: mineKey!.key, ids: {} },
    theirs: { name: 'theirs', key: theirKey!.key, ids },
    ask,
  };
}

const closed = { ...idle, status: 'closed' as const };

/** A conversation with words, a call that awaits approval and a result that is stored aside; and a key to manage. */
async function inhabit(
  { api, ask }: Pick<TwoTenants, 'api' | 'ask'>,
  tenant: string,
  key: string,
): Promise<Record<string, string>> {
  const body = JSON.stringify({ metadata: { MARK } });
  const { id } = (await ask(key, 'POST', '/v1/conversations', body)).json;
  const conversation = { tenant, id };
  const call_id = 'call_0123456789';
  const requested: EntryOf<'call.requested'> = {
    ...{ seq: 2, at: '2030-01-02T03:04:05.678Z', kind: 'call.requested', cause: [1] },
    ...{ actor: { type: 'agent', id: 'default' }, call_id, tool: 'echo', input: { words: MARK } },
  };
  const asked: EntryOf<'call.event'> = {
    ...{ seq: 3, at: requested.at, kind: 'call.event', cause: [2], call_id, n: 1, percent: 0 },
    ...{ actor: { type: 'tool', id: 'echo' }, event: 'progress', schedule: 'when_idle' },
    question: { id: 'q1', message: MARK, expires_at: requested.at },
  };
  const entries = [message(1, MARK), requested, asked];
  await api.store.record(batch(conversation, [1, 1], 1, entries, closed));
  await api.store.keepResult(conversation, { call_id, n: 'end' }, JSON.stringify(MARK));
  api.gateway.running.add(`${tenant}/${call_id}`);
  const scopes = ['read' as const];
  const { id: key_id } = await createKey(api.store, tenant, { name: MARK, scopes, test: false });
  return { id, call_id, n: 'end', key_id };
}

export interface ApiAnswer {
  status: number;
  text: string;
  json: any;
}

async function askAt(
  base: string,
  key: string,
  method: string,
  path: string,
  body?: string,
): Promise<ApiAnswer> {
  const ending = new AbortController();
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'idempotency-key': 'the-same',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    signal: ending.signal,
  });
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    ending.abort();
    return { status: response.status, text: '', json: undefined };
  }
  const text = await response.text();
  return { status: response.status, text, json: /[/+]json/.test(type) ? JSON.parse(text) : {} };
}
