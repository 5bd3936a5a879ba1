/** A store without a database, for tests. It keeps the whole contract (test/store/store.contract.ts) and forgets with the process. */
import { NO_RUN } from '../../contract/batch.ts';
import type { ConversationKey } from '../../contract/names.ts';
import { requestedIn } from '../../store/requested-calls.ts';
import { endOfGone } from '../../store/gone.ts';
import { runningCallsOf } from '../../store/writer.ts';
import type { Retired } from '../../store/retention-store.ts';
import type { Store } from '../../store/store.ts';
import { createMemoryCalls } from './memory-calls.ts';
import { createMemoryClaims } from './memory-claims.ts';
import { createMemoryDrafts } from './memory-drafts.ts';
import { createMemoryKeys } from './memory-keys.ts';
import { plain, writeBatch } from './memory-record.ts';
import { compareText, newestFirst, newRow, present, type MemoryRow } from './memory-row.ts';
import { createMemorySearch } from './memory-search.ts';
import { createMemorySlots } from './memory-slots.ts';

export function createMemoryStore(now = () => new Date().toISOString()): Store {
  const rows = new Map<string, MemoryRow>();
  const claims = createMemoryClaims(() => Date.parse(now()));
  const results = new Map<string, string>();
  const erased: { tenant: string; conversation: string; call_id: string; at: string }[] = [];
  /** By tenant and day. */
  const spent = new Map<string, number>();
  const retired = new Map<string, Retired>();
  const { forgetCalls, forgetCall, ...calls } = createMemoryCalls(() => Date.parse(now()));
  const name = (key: ConversationKey) => JSON.stringify([key.tenant, key.id]);
  const find = (key: ConversationKey) => rows.get(name(key));
  const seen = (key: ConversationKey) => {
    const row = find(key) ?? newRow(key, now());
    rows.set(name(key), row);
    return row;
  };

  return {
    async open(key, { agent, metadata, at }) {
      const row = seen(key);
      if (row.opened) return;
      Object.assign(row, { agent, metadata: plain(metadata), created_at: at, opened: true });
    },

    async record(batch, options = {}) {
      const row = find(batch.conversation) ?? newRow(batch.conversation, now());
      const recorded = writeBatch(row, batch, { at: now(), ...options });
      rows.set(name(batch.conversation), row);
      return recorded;
    },

    async writer(key) {
      const row = find(key);
      if (!row) return undefined;
      const { run_id } = row.fence;
      const { status } = row.head;
      const last_seq = row.entries.length;
      return { ...(run_id && { run_id }), last_seq, status, calls: runningCallsOf(row.head) };
    },

    async closeGone(key, { why, at, seen, sent }) {
      const row = find(key);
      if (!row) return false;
      const { run_id } = row.fence;
      const again = row.head.status === 'closed';
      if (again && (run_id === undefined || run_id === NO_RUN)) return false;
      if (run_id !== seen.run_id || row.entries.length !== seen.last_seq) return false;
      const said = row.head.reply ? row.drafts.stop(row.head.reply.id) : '';
      if (again) row.bases.set(++row.revision, row.entries.length);
      if (again) row.entries.pop();
      const { entries, head } = row;
      const end = endOfGone({ entries, head, last_seq: entries.length, said }, { why, at, sent });
      row.entries.push(...plain(end.entries));
      row.head = plain(end.head);
      row.fence = { ...row.fence, length: row.fence.length + 1, run_id: NO_RUN };
      row.updated_at = now();
      return true;
    },

    async conversation(key) {
      const row = find(key);
      return row && present(row);
    },

    async list(tenant, { status, after, limit }) {
      const all = [...rows.values()].filter((row) => row.tenant === tenant).sort(newestFirst);
      const place = all.findIndex(({ id }) => id === after);
      if (after !== undefined && place === -1) return { conversations: [] };
      const rest = all
        .slice(place + 1)
        .filter((row) => status === undefined || row.head.status === status);
      const conversations = rest.slice(0, limit).map(present);
      return {
        conversations,
        ...(rest.length > limit && { next_after: conversations.at(-1)?.id }),
      };
    },

    search: createMemorySearch(() => rows.values()),

    async entries(key, { after, limit, kinds }) {
      const row = find(key);
      if (!row) return undefined;
      const rest = row.entries.slice(after).filter(({ kind }) => !kinds || kinds.includes(kind));
      const entries = plain(rest.slice(0, limit));
      return {
        entries,
        ...(rest.length > limit && { next_after: entries.at(-1)?.seq }),
        revision: row.revision,
      };
    },

    async follow(key, { after, revision, limit }) {
      const row = find(key);
      if (!row) return undefined;
      const missed = [...row.bases].filter(([number]) => number > revision);
      // Below the lowest base of the revisions the reader has not seen, the log is as it knows it.
      const kept = Math.min(after, row.entries.length, ...missed.map(([, base]) => base - 1));
      return {
        ...(kept < after && { rewind: kept }),
        entries: plain(row.entries.slice(kept, kept + limit)),
        revision: row.revision,
        status: row.head.status,
        ...(row.head.reply && { reply_id: row.head.reply.id }),
      };
    },

    async marks(keys) {
      return keys.map(find).map(
        (row) =>
          row && {
            last_seq: row.entries.length,
            revision: row.revision,
            status: row.head.status,
          },
      );
    },

    async window(key, { from, to }) {
      return plain(find(key)?.entries.slice(Math.max(0, from - 1), to) ?? []);
    },

    async beginDraft(key, reply, attempt, runId) {
      const { fence, drafts } = seen(key);
      const isHeld = !runId || fence.run_id === undefined || fence.run_id === runId;
      return isHeld && drafts.begin(reply, attempt, runId);
    },
    appendDraft: async (key, draft) => find(key)?.drafts.append(draft) ?? false,
    async draft(key) {
      const row = find(key);
      return row?.head.reply && row.drafts.read(row.head.reply.id);
    },

    async setProgress(key, callId, progress) {
      seen(key).progress.set(callId, plain(progress));
    },
    async progress(key, callIds) {
      const all = [...(find(key)?.progress ?? [])];
      return new Map(all.filter(([callId]) => callIds.includes(callId)));
    },

    async keepResult({ tenant, id }, { call_id, n }, json) {
      if (find({ tenant, id })?.erased_at !== undefined) return json;
      const place = JSON.stringify([tenant, id, call_id, n]);
      if (!results.has(place)) results.set(place, json);
      return results.get(place)!;
    },
    async result({ tenant, id }, { call_id, n }) {
      return results.get(JSON.stringify([tenant, id, call_id, n]));
    },

    claim: claims.claim,

    async prune(claimedBefore) {
      for (const row of rows.values()) {
        const open = row.head.calls.filter(({ ended_at }) => ended_at === undefined);
        for (const callId of row.progress.keys()) {
          if (!open.some(({ id }) => id === callId)) row.progress.delete(callId);
        }
      }
      for (const id of spent.keys()) {
        if (JSON.parse(id)[1] < claimedBefore.slice(0, 10)) spent.delete(id);
      }
      for (const [id, { retired_at }] of retired) {
        if (Date.parse(retired_at) < Date.parse(claimedBefore) - 335 * DAY_MS) retired.delete(id);
      }
      claims.forgetBefore(Date.parse(claimedBefore));
      forgetCalls(Date.parse(claimedBefore));
    },

    async due(closedBefore, { limit, skip }) {
      return [...rows.values()]
        .filter(({ head, updated_at }) => head.status === 'closed' && updated_at < closedBefore)
        .sort((a, b) => compareText(a.updated_at, b.updated_at))
        .slice(skip, skip + limit)
        .map(({ tenant, id, updated_at }) => ({ tenant, id, closed_at: updated_at }));
    },
    async retire(key, { seen, at, file }) {
      const row = find(key);
      if (row?.head.status !== 'closed') return false;
      if (row.entries.length !== seen.last_seq || row.revision !== seen.revision) return false;
      for (const entry of [...row.entries, ...row.superseded.flatMap((each) => each.entries)]) {
        if (entry.kind === 'call.requested') forgetCall(key.tenant, entry.call_id);
      }
      const own = [...results.keys()].filter((place) => {
        const [tenant, id] = JSON.parse(place) as string[];
        return tenant === key.tenant && id === key.id;
      });
      for (const place of own) results.delete(place);
      rows.delete(name(key));
      retired.set(name(key), { retired_at: at, ...(file !== undefined && { file }) });
      return true;
    },
    retired: async (key) => retired.get(name(key)),

    ...calls,
    ...createMemoryKeys(),
    ...createMemorySlots(),

    async erase(key, at) {
      const row = find(key);
      if (!row) return undefined;
      if (row.head.status !== 'closed') return 'open';
      const { tenant, id } = key;
      const taken = row.superseded.flatMap(({ entries }) => entries);
      const before = erased.filter((each) => each.tenant === tenant && each.conversation === id);
      const call_ids = [
        ...new Set([
          ...requestedIn([...row.entries, ...taken]),
          ...before.map(({ call_id }) => call_id),
        ]),
      ];
      for (const call_id of call_ids) {
        if (before.some((each) => each.call_id === call_id)) continue;
        erased.push({ tenant, conversation: id, call_id, at });
      }
      const { usage } = row.head;
      row.revision += 1;
      row.bases.set(row.revision, 1);
      Object.assign(row, {
        metadata: {},
        entries: [],
        superseded: [],
        drafts: createMemoryDrafts(),
        head: { status: 'closed', calls: [], usage },
        fence: { ...row.fence, run_id: NO_RUN },
        erased_at: row.erased_at ?? at,
      });
      row.progress.clear();
      for (const name of results.keys()) {
        const [ofTenant, of] = JSON.parse(name) as string[];
        if (ofTenant === tenant && of === id) results.delete(name);
      }
      claims.erase(key, call_ids);
      return { call_ids };
    },
    erasedCalls: async (since) =>
      erased.filter(({ at }) => at >= since).map(({ tenant, call_id }) => ({ tenant, call_id })),

    async spendTokens({ tenant, day }, amount) {
      const id = JSON.stringify([tenant, day]);
      spent.set(id, (spent.get(id) ?? 0) + amount);
    },
    tokensSpent: async ({ tenant, day }) => spent.get(JSON.stringify([tenant, day])) ?? 0,

    async close() {},
  };
}

const DAY_MS = 24 * 3_600_000;
