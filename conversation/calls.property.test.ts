/** The rules about calls hold in random conversations. */
import { describe, expect, test } from 'vitest';
import { isCallEnd } from '../contract/call-ends.ts';
import { always, inTheEnd } from '../test/kit/life.ts';
import type { Story } from '../test/kit/story.ts';
import { wakeAt } from './next.ts';

describe('in any conversation', () => {
  test('R8: the event numbers of each call rise, and no message id occurs twice', () => {
    inTheEnd((story) => {
      const last = new Map<string, number>();
      for (const { call_id, n } of story.all('call.event')) {
        expect(n).toBeGreaterThan(last.get(call_id) ?? 0);
        last.set(call_id, n);
      }
      const ids = story.all('message.user').map(({ message_id }) => message_id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  test('R9: no more calls run than allowed, none queues while there is room, and the queue is in order', () => {
    always((story) => {
      const { calls, limits } = story.state;
      const running = calls.filter(({ status }) => status === 'running');
      const queued = calls.filter(({ status }) => status === 'queued');
      expect(running.length).toBeLessThanOrEqual(limits.max_running);
      if (queued.length > 0) expect(running.length).toBe(limits.max_running);
      const started = story.all('call.started').map(({ call_id }) => call_id);
      const released = releasedInOrder(story).filter((id) => started.includes(id));
      expect(started).toEqual(released);
    });
  });

  test('R10: a call of a tool with a duplicates rule never runs alongside an identical one unless a person agreed', () => {
    always((story) => {
      const { calls } = story.state;
      const approved = new Set(story.all('call.approved').map(({ call_id }) => call_id));
      const requests = new Map(story.all('call.requested').map((entry) => [entry.call_id, entry]));
      const same = (a: string, b: string) =>
        JSON.stringify(requests.get(a)?.input) === JSON.stringify(requests.get(b)?.input);
      const minding = calls.filter(
        (call) => (call.status === 'running' || call.status === 'queued') && minds(call),
      );
      for (const call of minding) {
        const before = minding.filter(
          ({ id, requested }) => requested < call.requested && same(id, call.id),
        );
        if (before.length > 0) expect(approved).toContain(call.id);
      }
      function minds(call: (typeof calls)[number]) {
        return 'request' in call ? call.request.duplicates !== undefined : call.input !== undefined;
      }
    });
  });

  test('R13: every requested call is open or has exactly one end', () => {
    always((story) => {
      const open = new Set(story.state.calls.map(({ id }) => id));
      for (const { call_id } of story.all('call.requested')) {
        const ended = story.log.filter((entry) => isCallEnd(entry) && entry.call_id === call_id);
        expect(ended.length).toBe(open.has(call_id) ? 0 : 1);
      }
    });
  });

  test('no call that awaited approval runs without an approval, or with one that came too late', () => {
    inTheEnd((story) => {
      const asked = new Map(story.all('call.awaiting_approval').map((e) => [e.call_id, e]));
      const approved = new Map(story.all('call.approved').map((e) => [e.call_id, e]));
      expect(approved.size).toBe(story.all('call.approved').length);
      for (const { call_id, at } of approved.values()) {
        expect(Date.parse(at)).toBeLessThan(Date.parse(asked.get(call_id)!.expires_at));
      }
      for (const { call_id, seq } of story.all('call.started')) {
        if (asked.has(call_id)) expect(approved.get(call_id)!.seq).toBeLessThan(seq);
      }
    });
  });

  test('a call that is not approved in time is denied exactly at its deadline', () => {
    always((story) => {
      const asked = new Map(story.all('call.awaiting_approval').map((e) => [e.call_id, e]));
      for (const call of story.state.calls) {
        if (call.status !== 'awaiting_approval') continue;
        expect(story.now).toBeLessThan(call.expires_at);
        expect(story.wakeAt).toBeLessThanOrEqual(call.expires_at);
      }
      for (const { call_id, at, actor } of story.all('call.denied')) {
        if (actor.type === 'system') expect(at).toBe(asked.get(call_id)!.expires_at);
        else expect(Date.parse(at)).toBeLessThan(Date.parse(asked.get(call_id)!.expires_at));
      }
    });
  });

  test('a call that awaits approval never delays the calls that a turn waits for', () => {
    always((story) => {
      const { state } = story;
      const without = structuredClone(state);
      without.calls = without.calls.filter(({ status }) => status !== 'awaiting_approval');
      const due = wakeAt(without);
      if (due !== undefined) expect(story.wakeAt).toBeLessThanOrEqual(due);
    });
  });

  test('every call is started by exactly one effect, and every running call that is cancelled gets a stop effect', () => {
    inTheEnd((story) => {
      const told = story.effectsOf('start_call').map(({ call: { call_id } }) => call_id);
      expect(told).toEqual(story.all('call.started').map(({ call_id }) => call_id));
      const stopped = new Set(story.effectsOf('cancel_call').map(({ call_id }) => call_id));
      for (const { call_id, by } of story.all('call.cancelled')) {
        expect(stopped.has(call_id)).toBe(told.includes(call_id) && by !== 'operator');
      }
    });
  });
});

/** The ids of calls in the order in which they may run: the order of their requests or approvals. */
function releasedInOrder({ log }: Story): string[] {
  const guarded = new Set(
    log.flatMap((e) => (e.kind === 'call.awaiting_approval' ? e.call_id : [])),
  );
  return log.flatMap((entry) => {
    if (entry.kind === 'call.approved') return entry.call_id;
    return entry.kind === 'call.requested' && !guarded.has(entry.call_id) ? entry.call_id : [];
  });
}
