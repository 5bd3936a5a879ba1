/** What became of the news of a conversation whose model is elsewhere, by its receipts: nothing is told to nobody, none has two ends. */
import type { EntryOf } from '../../../contract/entry.ts';
import type { Event } from '../../../conversation/event.ts';
import { PUSHED } from '../../../conversation/push-news.ts';
import type { News } from '../../../conversation/state.ts';
import type { CallEntry } from '../audit-calls.ts';
import { broken } from '../violation.ts';

export interface WaitingNews {
  seq: number;
  call_id: string;
  at: number;
  isUrgent: boolean;
  isSilent: boolean;
  /** Where in the thread it was shown. */
  anchor?: string;
}

export function createToldAudit(isRecorded: (call_id: string) => boolean) {
  /** Neither told for good nor given up, by seq. */
  const waiting = new Map<number, WaitingNews>();
  /** By the seq of news: the entry that says what became of it. */
  const over = new Map<number, string>();
  /** Of this decision. */
  let deliveries: { of: number[]; anchor: string | undefined }[] = [];
  let cursor = 0;
  let before = 0;
  /** Calls whose result went with a record of them, and those whose result did not. */
  const recorded = new Map<string, boolean>();
  let cancelled = new Set<string>();
  let ends: { call_id: string; seq: number }[] = [];

  return {
    waiting: () => [...waiting.values()],
    /** @param seq the last one before what is decided now */
    heard(events: Event[], seq: number): void {
      [deliveries, cursor, before, ends] = [[], 0, seq, []];
      cancelled = new Set();
      for (const event of events) {
        if (event.type === 'deliver') deliveries.push({ of: event.of, anchor: event.anchor });
        if (event.type === 'news_pushed') deliveries.push({ of: event.delivered, anchor: PUSHED });
        if (event.type === 'acknowledge') cursor = Math.max(cursor, event.to);
        if (event.type === 'record_calls') {
          for (const {
            call: { call_id },
            delivered,
          } of event.calls) {
            if (isRecorded(call_id) && !recorded.has(call_id))
              recorded.set(call_id, delivered === true);
          }
        }
      }
    },
    add(entry: CallEntry): void {
      const { seq, call_id } = entry;
      const schedule = entry.kind === 'call.event' ? entry.schedule : 'when_idle';
      const isUrgent = schedule === 'interrupt';
      const isSilent = schedule === 'silent';
      waiting.set(seq, { seq, call_id, at: Date.parse(entry.at), isUrgent, isSilent });
      if (entry.kind !== 'call.event') ends.push({ call_id, seq });
    },
    isCancelled: (call_id: string) => void cancelled.add(call_id),
    /** @param isClosing the conversation closes, so what was not told never will be */
    receipt({ of, fate, anchor, reply_id }: EntryOf<'receipt'>, isClosing: boolean): void {
      if (reply_id !== undefined) throw broken('R1', `${reply_id} told ${of.join()}.`);
      for (const seq of of) {
        const news = waiting.get(seq);
        if (!news) throw broken('R5', `${seq} is ${fate}: it is ${over.get(seq) ?? 'no news'}.`);
        if (!isTrue(news, { fate, anchor, isClosing }))
          throw broken('R5', `${seq} is ${fate} ${anchor ?? ''}: it was not.`);
        if (fate === 'delivered' && anchor !== undefined) {
          news.anchor = anchor;
          continue;
        }
        waiting.delete(seq);
        over.set(seq, fate);
      }
    },
    /** @param stated the news that the state has */
    afterwards(stated: readonly News[], isClosed: boolean): void {
      for (const { seq, call_id, anchor } of waiting.values()) {
        if (cancelled.has(call_id)) {
          // What was shown in the thread needs no receipt.
          if (anchor === undefined) throw broken('R8', `${seq} is of the cancelled ${call_id}.`);
          waiting.delete(seq);
          over.set(seq, 'shown, and of a cancelled call');
          continue;
        }
        if (seq <= cursor && seq <= before) throw broken('R5', `${seq} was acknowledged.`);
        const last = deliveries.findLast(({ of }) => of.includes(seq));
        if (last && seq <= before && last.anchor !== anchor)
          throw broken('R5', `${seq} was delivered at ${last.anchor}, and is at ${anchor}.`);
      }
      for (const { call_id, seq } of ends) {
        const isTold = recorded.get(call_id) === true;
        if (isTold && waiting.has(seq)) throw broken('R5', `${seq} went with its call.`);
      }
      if (isClosed) {
        for (const { seq, anchor } of waiting.values())
          if (anchor === undefined) throw broken('R5', `${seq} has no receipt.`);
        return;
      }
      const are = [...waiting.values()].map(({ seq, anchor }) => `${seq} ${anchor}`).join(', ');
      const states = stated.map(({ seq, delivered }) => `${seq} ${delivered}`).join(', ');
      if (are !== states) throw broken('R5', `The state has [${states}]; [${are}] waits.`);
    },
  };

  function isTrue(
    news: WaitingNews,
    {
      fate,
      anchor,
      isClosing,
    }: { fate: EntryOf<'receipt'>['fate']; anchor: string | undefined; isClosing: boolean },
  ): boolean {
    const { seq, call_id } = news;
    switch (fate) {
      case 'delivered': {
        const isNamed = deliveries.some((one) => one.anchor === anchor && one.of.includes(seq));
        const isRecorded = recorded.get(call_id) === true && ends.some((end) => end.seq === seq);
        return news.anchor !== anchor || anchor === undefined
          ? isNamed || (anchor === undefined && isRecorded)
          : false;
      }
      case 'acknowledged':
        return seq <= cursor;
      case 'superseded':
        return cancelled.has(call_id) && news.anchor === undefined;
      case 'failed':
        return isClosing && news.anchor === undefined;
      default:
        return false;
    }
  }
}
