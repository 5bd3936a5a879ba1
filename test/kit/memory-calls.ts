/** Who runs a call, in memory: as store/calls.ts, for the store of tests. */
import type { CallBody, HolderIdentity } from '../../store/hold-store.ts';
import type { Store } from '../../store/store.ts';
import type { CallEnd } from '../../contract/signals.ts';
import { plain } from './memory-record.ts';

interface Call {
  holder: string | null;
  turn: number;
  run: string;
  body: CallBody;
  ended: boolean;
  how?: CallEnd;
  changed_at: number;
}

/** @param now milliseconds since 1970 */
export function createMemoryCalls(now: () => number) {
  const holders = new Map<string, { who: HolderIdentity; seen_at: number; lapsed: boolean }>();
  const calls = new Map<string, Call>();
  const name = (call: { tenant: string; call_id: string }) =>
    JSON.stringify([call.tenant, call.call_id]);
  const store: Pick<
    Store,
    'renewHolder' | 'retireHolder' | 'holdCall' | 'endCall' | 'releaseCall'
  > = {
    async renewHolder(id, who) {
      const holder = holders.get(id) ?? { who: plain(who), seen_at: 0, lapsed: false };
      holders.set(id, holder);
      if (holder.lapsed) return { lapsed: true, others: true };
      holder.seen_at = now();
      const others = [...holders].some(
        ([other, { seen_at, lapsed }]) => other !== id && !lapsed && seen_at > now() - 60_000,
      );
      return { lapsed: false, others };
    },
    async retireHolder(id) {
      const holder = holders.get(id);
      if (holder) holder.lapsed = true;
    },
    async holdCall(which, { holder, run, body, lease_ms, dead }) {
      const call = calls.get(name(which));
      if (!call) {
        calls.set(name(which), { holder, turn: 1, run, body, ended: false, changed_at: now() });
        return { outcome: 'fresh', turn: 1 };
      }
      if (call.ended) return { outcome: 'ended', ...(call.how && { end: plain(call.how) }) };
      const other = call.holder === holder ? undefined : holders.get(call.holder ?? '');
      if (other && (call.holder === dead || other.seen_at < now() - lease_ms)) other.lapsed = true;
      if (other && !other.lapsed) {
        const silent_ms = now() - other.seen_at;
        return { outcome: 'elsewhere', holder: call.holder!, who: other.who, silent_ms };
      }
      Object.assign(call, { holder, turn: call.turn + 1, changed_at: now() });
      return { outcome: 'taken', turn: call.turn, run: call.run, body: call.body };
    },
    async endCall(which, { holder, turn }, end) {
      const call = calls.get(name(which));
      if (call?.holder !== holder || call.turn !== turn) return false;
      Object.assign(call, { holder: null, ended: true, how: plain(end), changed_at: now() });
      return true;
    },
    async releaseCall(which, { holder, turn }) {
      const call = calls.get(name(which));
      if (call?.holder === holder && call.turn === turn)
        Object.assign(call, { holder: null, changed_at: now() });
    },
  };
  return {
    ...store,
    forgetCall: (tenant: string, call_id: string) => void calls.delete(name({ tenant, call_id })),
    /** @param before milliseconds since 1970 */
    forgetCalls(before: number) {
      for (const call of calls.values()) if (call.changed_at < before) delete call.how;
      for (const [id, { seen_at }] of holders) if (seen_at < before) holders.delete(id);
    },
  };
}
