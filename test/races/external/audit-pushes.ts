/** Pushes into a harness: one at a time, each piece of news once and in its order, batched (R6), and as many in a minute as are allowed (R12). */
import type { Limits } from '../../../contract/limits.ts';
import type { Effect, Event } from '../../../conversation/event.ts';
import { broken } from '../violation.ts';
import type { WaitingNews } from './audit-told.ts';

const MINUTE_MS = 60_000;

export function createPushAudit(limits: Limits, isPushed: boolean) {
  const perMinute = limits.unsolicited_per_minute ?? Infinity;
  /** When pushes began that make the harness speak. */
  const began: number[] = [];
  let upTo = 0;
  let isUnderWay = false;

  const freeAt = () => (began.length < perMinute ? 0 : began.at(-perMinute)! + MINUTE_MS);

  function dueAt(unpushed: WaitingNews[]): number {
    if (unpushed.length === 0) return Infinity;
    const times = unpushed.map(({ at }) => at);
    const quiet = Math.min(
      Math.max(...times) + limits.quiet_ms,
      Math.min(...times) + limits.quiet_max_ms,
    );
    return Math.max(unpushed.some(({ isUrgent }) => isUrgent) ? 0 : quiet, freeAt());
  }

  return {
    heard(events: Event[]): void {
      if (events.some(({ type }) => type === 'news_pushed')) isUnderWay = false;
    },
    /** @param goesOn false: the conversation closes */
    afterwards(
      effects: Effect[],
      waiting: WaitingNews[],
      { now, wakesAt, goesOn }: { now: number; wakesAt: number; goesOn: boolean },
    ): void {
      const unpushed = waiting.filter(({ seq, anchor }) => seq > upTo && anchor === undefined);
      const due = dueAt(unpushed);
      const pushes = effects.filter((effect) => effect.kind === 'push_news');
      for (const { news } of pushes) {
        if (!isPushed) throw broken('R1', 'News is pushed into a harness that asks.', now);
        if (isUnderWay) throw broken('R5', 'Two pushes are under way.', now);
        if (now < due) throw broken('R6', `News is pushed ${due - now} ms too soon.`, now);
        const pushed = news.map(({ seq }) => seq).join(', ');
        const wanted = unpushed.map(({ seq }) => seq).join(', ');
        if (pushed !== wanted) throw broken('R5', `Pushed: [${pushed}]; waits: [${wanted}].`, now);
        if (unpushed.some(({ isSilent }) => !isSilent)) began.push(now);
        upTo = unpushed.at(-1)!.seq;
        isUnderWay = true;
      }
      if (!isPushed || isUnderWay || !goesOn) return;
      if (due <= now) throw broken('R5', 'News is due, and is not pushed.', now);
      if (wakesAt > due) throw broken('R6', 'News waits for too long.', wakesAt);
    },
    atRest(waiting: WaitingNews[]): void {
      if (!isPushed) return;
      for (const { seq, anchor } of waiting)
        if (seq > upTo && anchor === undefined) throw broken('R5', `${seq} is never pushed.`);
    },
  };
}
