/** The rules about turns and their news hold in random conversations. */
import { describe, expect, test } from 'vitest';
import { always, inTheEnd } from '../test/kit/life.ts';

describe('in any conversation', () => {
  test('R1: no reply starts before the previous one is over', () => {
    inTheEnd(({ log }) => {
      let open = 0;
      for (const { kind } of log) {
        if (kind === 'reply.started') open++;
        if (['reply.completed', 'reply.interrupted', 'reply.failed'].includes(kind)) open--;
        expect(open === 0 || open === 1).toBe(true);
      }
    });
  });

  test('R2: a message that may interrupt is never left waiting behind a reply that began before it', () => {
    inTheEnd(({ log }) => {
      for (const [i, entry] of log.entries()) {
        if (
          entry.kind !== 'message.user' ||
          entry.when_busy === 'queue' ||
          entry.when_busy === 'reject'
        )
          continue;
        const next = log.slice(i + 1).find(({ kind }) => kind.startsWith('reply.'));
        if (next) expect(['reply.interrupted', 'reply.started']).toContain(next.kind);
      }
    });
  });

  test('R2: every message is a cause of a reply, unless it still waits or the conversation has closed', () => {
    inTheEnd(({ log, state }) => {
      const answered = new Set(
        log.flatMap((entry) => (entry.kind === 'reply.started' ? entry.cause : [])),
      );
      const waiting = new Set(state.unanswered.map(({ seq }) => seq));
      for (const { kind, seq } of log) {
        if (kind === 'message.user') expect(answered.has(seq) || waiting.has(seq)).toBe(true);
      }
      if (!state.closed && state.turn.phase === 'idle') expect(waiting.size).toBe(0);
    });
  });

  test('R3: no call starts that was requested before the last message, or within the settle time after it', () => {
    inTheEnd(({ log, state }) => {
      const requested = new Map<string, number>();
      const released = new Set<string>();
      let message: { seq: number; at: number } | undefined;
      for (const entry of log) {
        if (entry.kind === 'message.user') message = { seq: entry.seq, at: Date.parse(entry.at) };
        if (entry.kind === 'call.requested') requested.set(entry.call_id, entry.seq);
        if (
          entry.kind !== 'call.awaiting_approval' &&
          entry.kind !== 'call.queued' &&
          entry.kind !== 'call.started'
        )
          continue;
        if (released.has(entry.call_id)) continue;
        released.add(entry.call_id);
        expect(requested.get(entry.call_id)!).toBeGreaterThan(message?.seq ?? 0);
        expect(Date.parse(entry.at) - message!.at).toBeGreaterThanOrEqual(state.limits.settle_ms);
      }
    });
  });

  test('R4: the news of a reply is told decisions first, then ends, then results, then progress', () => {
    inTheEnd((story) => {
      const { log } = story;
      const bySeq = new Map(log.map((entry) => [entry.seq, entry]));
      const rank = (seq: number) => {
        const entry = bySeq.get(seq)!;
        if (entry.kind === 'call.denied') return -1;
        return entry.kind !== 'call.event' ? 0 : entry.event === 'result' ? 1 : 2;
      };
      for (const { request } of story.effectsOf('start_reply')) {
        const ranks = request.news.map(rank);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }
    });
  });

  test('R5: silent news alone never starts a turn', () => {
    inTheEnd(({ log }) => {
      const bySeq = new Map(log.map((entry) => [entry.seq, entry]));
      // A managed call's flow goes on whatever the schedule of its results.
      const managed = new Set(
        log.flatMap((e) => (e.kind === 'call.requested' && e.awaits ? e.call_id : [])),
      );
      const isAudible = (cause: (typeof log)[number]) =>
        cause.kind !== 'call.event' || cause.schedule !== 'silent' || managed.has(cause.call_id);
      for (const entry of log) {
        if (entry.kind !== 'reply.started' || entry.because !== 'news') continue;
        expect(entry.cause.some((seq) => isAudible(bySeq.get(seq)!))).toBe(true);
      }
    });
  });

  test('R5: no news is lost: each event has one receipt, is being told, or waits', () => {
    always((story) => {
      const { log, state } = story;
      const cancels = story.all('call.requested').filter(({ tool }) => tool === 'cancel_call');
      const control = new Set(cancels.map(({ call_id }) => call_id));
      const receipts = log.flatMap((entry) => (entry.kind === 'receipt' ? entry.of : []));
      const telling = state.turn.phase === 'replying' ? state.turn.reply.tells : [];
      const pending = [...telling, ...state.news, ...(state.held ?? [])].map(({ seq }) => seq);
      const places = [...receipts, ...pending];
      expect(new Set(places).size).toBe(places.length);
      for (const entry of log) {
        const isNews =
          entry.kind === 'call.event' ||
          entry.kind === 'call.failed' ||
          entry.kind === 'call.denied' ||
          (entry.kind === 'call.completed' && !control.has(entry.call_id));
        if (isNews) expect(places).toContain(entry.seq);
      }
    });
  });

  test('R6: news that is due is told when no reply is in flight', () => {
    always((story) => {
      const { state, now, wakeAt } = story;
      if (state.closed || state.turn.phase !== 'idle' || state.hushed) return;
      const audible = state.news.filter(({ schedule }) => schedule !== 'silent');
      if (audible.length === 0) return;
      expect(wakeAt).toBeGreaterThan(now);
      expect(wakeAt).toBeLessThanOrEqual(audible[0]!.at + state.limits.quiet_max_ms);
    });
  });

  test('R11: a turn never has more replies than allowed', () => {
    inTheEnd(({ log, state }) => {
      let inTurn = 0;
      for (const entry of log) {
        if (entry.kind !== 'reply.started') continue;
        inTurn = entry.because === 'results' ? inTurn + 1 : 1;
        expect(inTurn).toBeLessThanOrEqual(state.limits.max_replies_per_turn);
      }
    });
  });
});
