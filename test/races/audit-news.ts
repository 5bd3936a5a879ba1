/** News, as the log tells of it: none lost, none told twice, one receipt each (R5, R6); of a suspended flow none told (R8). */
import type { EntryOf } from '../../contract/entry.ts';
import type { Limits } from '../../contract/limits.ts';
import type { CallEntry } from './audit-calls.ts';
import { broken } from './violation.ts';

interface News {
  seq: number;
  call_id: string;
  /** Only silent news may wait for another cause. */
  isSilent: boolean;
  /** Cuts in. */
  isUrgent: boolean;
  at: number;
  isSuperseded?: true;
}

/** Where news may make the agent speak, or cut in. */
interface Speaking {
  isReplying: boolean;
  now: number;
  /** When the conversation goes on by itself. */
  wakesAt: number;
  /** When the limit of a minute lets it. */
  freeAt: number;
}

export function createNewsAudit(limits: Limits) {
  /** Not told yet, by seq. */
  const waiting = new Map<number, News>();
  /** By managed call: the news that is held back, and the number of results so far. */
  const flows = new Map<string, { wanted: number; results: number; held: News[] }>();
  /** What the reply in flight is telling. */
  let telling = new Map<number, News>();
  /** Told, or never to be told: waits for its receipt. */
  const due = new Map<number, { reply_id?: string; superseded?: true }>();
  const receipts = new Set<number>();

  /** R6: when a burst is told. Undefined: nothing is to be told by itself. */
  function dueAt(): number | undefined {
    const audible = [...waiting.values()].filter(({ isSilent }) => !isSilent);
    if (audible.length === 0) return undefined;
    if (audible.some(({ isUrgent }) => isUrgent)) return 0;
    const times = audible.map(({ at }) => at);
    return Math.min(Math.max(...times) + limits.quiet_ms, Math.min(...times) + limits.quiet_max_ms);
  }

  return {
    add(entry: CallEntry): void {
      const { seq, call_id } = entry;
      const schedule = entry.kind === 'call.event' ? entry.schedule : 'when_idle';
      const isSilent = schedule === 'silent';
      const at = Date.parse(entry.at);
      const isUrgent = schedule === 'interrupt';
      const news = { seq, call_id, isSilent, isUrgent, at };
      const flow = flows.get(call_id);
      if (!flow) return void waiting.set(seq, news);

      flow.held.push(news);
      if (entry.kind === 'call.event') {
        if (entry.event === 'progress' || ++flow.results !== flow.wanted) return;
      }
      const wasTold = entry.kind === 'call.completed' && flow.results >= flow.wanted;
      for (const held of flow.held.splice(0)) {
        const goesOn = { isSilent: wasTold, isUrgent: held.isUrgent && !wasTold, at };
        waiting.set(held.seq, { ...held, ...goesOn });
      }
    },
    isManaged({ call_id, results: wanted = Infinity }: EntryOf<'call.requested'>): void {
      flows.set(call_id, { wanted, results: 0, held: [] });
    },
    /** A reply begins: it is to tell all that waits. */
    isAsked(reply_id: string, news: number[]): void {
      for (const seq of news) {
        if (!waiting.has(seq)) throw broken('R5', `${reply_id} tells ${seq}, which does not wait.`);
      }
      if (new Set(news).size !== waiting.size)
        throw broken(
          'R5',
          `${reply_id} tells [${news.join()}]; [${[...waiting.keys()].join()}] waits.`,
        );
      telling = new Map(waiting);
      waiting.clear();
    },
    isTold(reply_id: string): void {
      for (const seq of telling.keys()) due.set(seq, { reply_id });
      telling.clear();
    },
    /** @param again whether it is told at once, and not with the next turn */
    isCutOff(again: boolean): void {
      for (const news of telling.values()) {
        if (news.isSuperseded) due.set(news.seq, { superseded: true });
        else if (again) waiting.set(news.seq, news);
        else waiting.set(news.seq, { ...news, isSilent: true, isUrgent: false });
      }
      telling.clear();
    },
    /** A cancelled call never speaks again. */
    isCancelled(call_id: string): void {
      const held = flows.get(call_id)?.held.splice(0) ?? [];
      for (const news of [...held, ...waiting.values()]) {
        if (news.call_id !== call_id) continue;
        waiting.delete(news.seq);
        due.set(news.seq, { superseded: true });
      }
      for (const news of telling.values()) if (news.call_id === call_id) news.isSuperseded = true;
    },
    receipt({ of, fate, reply_id }: EntryOf<'receipt'>): void {
      for (const seq of of) {
        if (receipts.has(seq)) throw broken('R5', `${seq} has two receipts.`);
        receipts.add(seq);
        const owed = due.get(seq);
        if (fate === 'failed') {
          if (!waiting.delete(seq)) throw broken('R5', `${seq} is no news that waits.`);
        } else if (
          !owed ||
          owed.reply_id !== reply_id ||
          !owed.superseded !== (fate !== 'superseded')
        ) {
          throw broken('R5', `${seq} is ${fate} by ${reply_id}: it was not.`);
        }
        due.delete(seq);
      }
    },
    /** @param speaking undefined: at this moment no news makes the agent speak */
    afterwards(speaking?: Speaking): void {
      for (const seq of due.keys()) throw broken('R5', `${seq} has no receipt.`);
      if (!speaking) return;
      const { isReplying, now, wakesAt, freeAt } = speaking;
      if (!isReplying) {
        // The log has to say when it begins to hold something back: until then it wakes at the time of the news.
        if (wakesAt > Math.max(dueAt() ?? Infinity, freeAt))
          throw broken('R6', 'News waits for too long.', wakesAt);
        return;
      }
      for (const { seq, isUrgent } of waiting.values()) {
        if (!isUrgent) continue;
        if (now >= freeAt) throw broken('R5', `${seq} does not cut in.`);
        if (wakesAt > freeAt) throw broken('R12', `${seq} will not cut in.`, wakesAt);
      }
    },
    /** A turn begins because of news alone. */
    isDue(at: number): void {
      if (at < (dueAt() ?? Infinity)) throw broken('R6', 'News is told too soon.', at);
    },
    /** At rest, no news may wait unless it is silent. */
    atRest(): void {
      for (const { seq, isSilent } of waiting.values()) {
        if (!isSilent) throw broken('R6', `${seq} is never told.`);
      }
    },
    atTheEnd(): void {
      const held = [...flows.values()].flatMap((flow) => flow.held.map(({ seq }) => seq));
      for (const seq of [...waiting.keys(), ...held]) throw broken('R5', `${seq} is lost.`);
    },
  };
}
