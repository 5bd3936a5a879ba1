/** The checker raises no false alarm: a log that the real rules wrote has no findings, whatever happened. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headOf } from '../../../conversation/head.ts';
import { entry } from '../../../contract/entry.ts';
import type { Head } from '../../../contract/head.ts';
import type { RequestedCall } from '../../../contract/call.ts';
import { endOfGone } from '../../../store/gone.ts';
import { call, Story } from '../../kit/story.ts';
import type { ConversationEvidence, Evidence } from '../evidence.ts';
import { check } from './check.ts';

type Happening =
  | { do: 'say'; when_busy: 'interrupt' | 'queue' | 'reject' | 'rollback' }
  | { do: 'say again' | 'model fails' | 'close' | 'settled' }
  | { do: 'wait'; ms: number }
  | { do: 'model'; text: string; calls: Wanted[] }
  | { do: 'event'; call: number; schedule: 'silent' | 'when_idle' | 'interrupt'; again: boolean }
  | { do: 'end'; call: number; type: 'completed' | 'failed' | 'cancelled' }
  | { do: 'cancel'; call: number }
  | { do: 'decide'; call: number; decision: 'approve' | 'deny' }
  | { do: 'interrupt'; scope: 'reply' | 'calls' | 'all'; message: boolean };

type Wanted = 'plain' | 'cancel' | 'wrong' | 'approval' | 'reject' | 'replace' | 'confirm';

const pick = fc.nat(20);
const of = <T extends string>(...words: T[]) => fc.constantFrom(...words);
const one = <T extends string, R>(what: T, more: { [K in keyof R]: fc.Arbitrary<R[K]> }) =>
  fc.record({ do: fc.constant(what), ...more });

const happening = fc.oneof(
  {
    weight: 15,
    arbitrary: one('say', { when_busy: of('interrupt', 'queue', 'reject', 'rollback') }),
  },
  { weight: 4, arbitrary: one('say again', {}) },
  { weight: 3, arbitrary: one('model fails', {}) },
  { weight: 40, arbitrary: one('wait', { ms: fc.constantFrom(0, 50, 200, 250, 2_000, 90_000) }) },
  {
    weight: 50,
    arbitrary: one('model', {
      text: of('', 'Ok.'),
      calls: fc.array(
        of<Wanted>('plain', 'plain', 'cancel', 'wrong', 'approval', 'reject', 'replace', 'confirm'),
        { maxLength: 4 },
      ),
    }),
  },
  {
    weight: 60,
    arbitrary: one('event', {
      call: pick,
      schedule: of('silent', 'when_idle', 'interrupt'),
      again: fc.boolean(),
    }),
  },
  {
    weight: 15,
    arbitrary: one('end', { call: pick, type: of('completed', 'failed', 'cancelled') }),
  },
  { weight: 2, arbitrary: one('cancel', { call: pick }) },
  { weight: 15, arbitrary: one('decide', { call: pick, decision: of('approve', 'deny') }) },
  {
    weight: 2,
    arbitrary: one('interrupt', { scope: of('reply', 'calls', 'all'), message: fc.boolean() }),
  },
  { weight: 1, arbitrary: one('close', {}) },
  { weight: 1, arbitrary: one('settled', {}) },
) as fc.Arbitrary<Happening>;

/** Events mostly come one after another, sometimes several at once. */
const life = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: happening },
    { weight: 1, arbitrary: fc.array(happening, { minLength: 2, maxLength: 4 }) },
  ),
  { minLength: 1, maxLength: 80, size: 'max' },
);

/** A conversation, and the evidence that its run leaves behind. It is closed at the end. */
class Run {
  story = new Story({ max_running: 2, max_replies_per_turn: 4 });
  said: { message_id: string; text: string }[] = [];
  events: ConversationEvidence['events'] = [];
  ended: string[] = [];
  #calls = 0;

  live(happenings: (Happening | Happening[])[]): Evidence {
    for (const what of happenings) {
      if (this.story.state.closed) break;
      if (Array.isArray(what))
        this.story.together(() => what.forEach((each) => this.play(each, true)));
      else this.play(what, false);
    }
    this.story.happens({ type: 'close' });
    this.story.happens({ type: 'settled' });
    return this.evidence();
  }

  /** The workflow is terminated, and the store writes the end of the log. */
  isTerminated(happenings: (Happening | Happening[])[]): Evidence {
    const { story } = this;
    for (const what of happenings) {
      if (story.state.closed) break;
      if (Array.isArray(what)) story.together(() => what.forEach((each) => this.play(each, true)));
      else this.play(what, false);
    }
    const head = headOf(story.state);
    if (head.status === 'closed') return this.evidence();
    const gone = { entries: story.log, last_seq: story.log.length, head, said: '' };
    const at = new Date(story.now).toISOString();
    const end = endOfGone(gone, { why: 'terminated', at });
    story.log.push(...end.entries);
    return this.evidence(end.head);
  }

  play(what: Happening, together: boolean): void {
    const { story } = this;
    switch (what.do) {
      case 'say':
        story.user(...this.words(what.when_busy));
        return;
      case 'say again': {
        const last = this.said.at(-1);
        if (last) story.user(last.text, { message_id: last.message_id });
        return;
      }
      case 'wait':
        story.pass(what.ms);
        return;
      case 'model':
        if (this.isReplying)
          story.model(what.text, ...what.calls.map((each) => this.request(each)));
        return;
      case 'model fails':
        if (this.isReplying) story.modelFails();
        return;
      case 'event': {
        const call_id = pickFrom(this.started, what.call);
        const last = this.events.findLast((event) => event.call_id === call_id)?.n ?? 0;
        const n = what.again ? Math.max(1, last) : last + 1;
        if (call_id) {
          this.events.push({ call_id, n, late: this.ended.includes(call_id), at: 0 });
          story.progress(call_id, n, Math.min(100, n), { schedule: what.schedule });
        }
        return;
      }
      case 'end': {
        const call_id = pickFrom(this.started, what.call);
        if (!call_id) return;
        this.ended.push(call_id);
        const error = { type: 'CommandFailed', message: 'It was ended by SIGKILL.' };
        if (what.type === 'failed') story.ends(call_id, { type: 'failed', error });
        else if (what.type === 'cancelled') story.ends(call_id, { type: 'cancelled' });
        else story.ends(call_id);
        return;
      }
      case 'cancel':
        story.happens({ type: 'cancel_call', call_id: pickFrom(this.asked, what.call) ?? 'none' });
        return;
      case 'decide': {
        const call_id = pickFrom(this.asked, what.call) ?? 'none';
        story.happens({ type: 'decide_call', call_id, decision: what.decision });
        return;
      }
      case 'interrupt': {
        const [text, more] = this.words('interrupt');
        if (!what.message) this.said.pop();
        story.interrupt({ scope: what.scope, ...(what.message && { message: { text, ...more } }) });
        return;
      }
      case 'close':
        story.happens({ type: 'close' });
        return;
      // The workflow handles it on its own, after any message that comes with it.
      case 'settled':
        if (!together) story.happens({ type: 'settled' });
        return;
    }
  }

  words(when_busy: 'interrupt' | 'queue' | 'reject' | 'rollback') {
    const message = { message_id: `m${this.said.length + 1}`, text: `words ${this.said.length}` };
    this.said.push(message);
    return [message.text, { message_id: message.message_id, when_busy }] as const;
  }

  request(wanted: Wanted): RequestedCall {
    const id = `call_${++this.#calls}`;
    const approval = { timeout_ms: 60_000 };
    switch (wanted) {
      case 'plain':
        return call(id, { report: 'every 1 percent' });
      case 'cancel':
        return call(id, { tool: 'cancel_call', input: { call_id: this.asked.at(-1) ?? 'none' } });
      case 'wrong':
        return call(id, { problem: { type: 'InvalidInput', message: 'no' } });
      case 'approval':
        return call(id, { approval });
      case 'reject':
      case 'replace':
      case 'confirm':
        return call(id, { duplicates: wanted });
    }
  }

  evidence(head?: Head): Evidence {
    const { log, state } = this.story;
    return JSON.parse(
      JSON.stringify({
        seed: 1,
        sent: this.said.map((message) => ({ conversation: 'conv_1', ...message })),
        conversations: [
          {
            id: 'conv_1',
            entries: log,
            followed: log,
            isOver: true,
            head: head ?? headOf(state),
            signalled: this.said.map(({ message_id }) => message_id),
            events: this.events,
            ended: this.ended,
          },
        ],
        ledger: this.story.all('call.event').map(({ call_id, n, at }) => {
          return { call_id, tool: 'installer', effect: `step ${n}`, pid: 1, at: Date.parse(at) };
        }),
        programs: [],
        calls: [],
        recoveries: [],
        faults: log.map((_, at) => ({ kind: 'kill', at, target: 'program', moment: 'random' })),
      } satisfies Evidence),
    ) as Evidence;
  }

  get asked(): string[] {
    return this.story.all('call.requested').map(({ call_id }) => call_id);
  }

  get started(): string[] {
    return this.story.all('call.started').map(({ call_id }) => call_id);
  }

  get isReplying(): boolean {
    return this.story.state.turn.phase === 'replying';
  }
}

const pickFrom = (ids: string[], n: number) => ids[n % Math.max(1, ids.length)];

test('a log that the rules wrote has no findings, whatever happened', () => {
  fc.assert(
    fc.property(life, (happenings) => {
      expect(check(new Run().live(happenings)).findings).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('a log whose end the store wrote, because its workflow was gone, has no findings', () => {
  fc.assert(
    fc.property(life, (happenings) => {
      const evidence = new Run().isTerminated(happenings);
      expect(check(evidence).findings).toEqual([]);
      for (const written of evidence.conversations[0]!.entries) entry.parse(written);
    }),
    { numRuns: 500 },
  );
});

test('a log that lacks any one entry has findings', () => {
  fc.assert(
    fc.property(life, pick, (happenings, n) => {
      const evidence = new Run().live([{ do: 'say', when_busy: 'interrupt' }, ...happenings]);
      const { entries } = evidence.conversations[0]!;
      entries.splice(n % entries.length, 1);
      expect(check(evidence).findings).not.toEqual([]);
    }),
    { numRuns: 200 },
  );
});
