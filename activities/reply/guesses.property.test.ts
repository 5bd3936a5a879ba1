/**
 * Guesses beside the real rules, while every signal, write, query and answer takes any amount of time. A guess may only change when
 * the model is asked: each reply gets the answer to the request that it would have sent itself.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Effect, Untimed } from '../../conversation/event.ts';
import { headOf } from '../../conversation/head.ts';
import type { ModelPart, ModelRequest } from '../../model/message.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { call, Story } from '../../test/kit/story.ts';
import { createKnownLogs } from '../log/known-logs.ts';
import { prepareAsking } from './asking.ts';
import { createGuesses } from './guesses.ts';

type Act =
  /** A user sends a message, which the service may refuse. */
  | { do: 'say'; text: string; refused: boolean }
  /** The first call that runs reports, ends, or the user interrupts. */
  | { do: 'report' | 'end' | 'interrupt' }
  | { do: 'pass'; ms: number }
  /** This many delayed things happen. */
  | { do: 'go'; steps: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      text: fc.constantFrom('Hello.', 'Where are you?', 'Install alpha.'),
      refused: fc.nat(9).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('report', 'end', 'interrupt') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 300, 3_000, 11_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('go' as const),
      steps: fc.integer({ min: 1, max: 40 }),
    }),
  },
);

test('in any order of events, a reply gets the answer to its own request, each answer is used at most once, and what is not used is aborted', async () => {
  const seen = { adopted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(act, { minLength: 10, maxLength: 60 }),
      async (s, acts) => {
        const { replies, asked, used } = await live(s, acts);
        for (const { request, text } of replies) expect(text).toBe(answerTo(request));
        expect(new Set(used).size).toBe(used.length);
        const unused = asked.filter(({ text }) => !used.includes(text));
        expect(unused.every(({ signal }) => signal.aborted)).toBe(true);
        seen.adopted += used.length;
        seen.refused += unused.length;
      },
    ),
    { numRuns: 300 },
  );
  // Guesses were adopted, and guesses were refused.
  expect(seen.adopted).toBeGreaterThan(5);
  expect(seen.refused).toBeGreaterThan(5);
});

interface Reply {
  request: ModelRequest;
  text: string;
}

/** An answer that depends on everything in the request. */
const answerTo = (request: ModelRequest) =>
  createHash('sha256').update(JSON.stringify(request)).digest('hex');

async function live(s: fc.Scheduler, acts: Act[]) {
  const conversation = { tenant: 'acme', id: 'conv_1' };
  const memory = createMemoryStore();
  const delayed = <A extends unknown[], R>(what: (...given: A) => Promise<R>) => {
    return async (...given: A): Promise<R> => {
      await s.schedule(Promise.resolve());
      return what(...given);
    };
  };
  const store = {
    ...memory,
    conversation: delayed(memory.conversation),
    window: delayed(memory.window),
  };
  const story = new Story();
  const catalogue = {
    tools: new Map(),
    agents: new Map([['default', { name: 'default', instructions: 'Help.' }]]),
  };
  const dependencies = { store, catalogue, defaultModel: 'small' };
  let timers: { at: number; work(): void }[] = [];
  const asked: { text: string; signal: AbortSignal }[] = [];
  const logs = createKnownLogs();
  const guesses = createGuesses({
    ...dependencies,
    model: {
      async *stream(request, signal): AsyncGenerator<ModelPart> {
        // Equal requests have different answers, so that an answer that is used twice is noticed.
        const text = `${asked.length} ${answerTo(request)}`;
        asked.push({ text, signal });
        yield { kind: 'text', text };
      },
    },
    clock: {
      now: () => story.now,
      after(ms, work) {
        const timer = { at: story.now + ms, work };
        timers.push(timer);
        return () => void (timers = timers.filter((one) => one !== timer));
      },
    },
    outcome: () => void (outcomes += 1),
    load: () => 0,
    logs,
  });
  const replies: Reply[] = [];
  const used: string[] = [];
  let outcomes = 0;
  let length = 0;
  let writing = Promise.resolve();
  let [written, performed] = [0, 0];

  /** Writes what was decided, and then carries it out. */
  function goOn(): void {
    const entries = story.log.slice(written);
    const effects = story.effects.slice(performed);
    [written, performed] = [story.log.length, story.effects.length];
    const at = ++length;
    const batch = entries.length > 0 && {
      conversation,
      fence: { run: 0, length: at, at },
      base: entries[0]!.seq,
      entries,
      head: headOf(story.state),
    };
    writing = writing.then(async () => {
      await s.schedule(Promise.resolve());
      if (batch) logs.wrote(batch, await memory.record(batch));
      for (const effect of effects) {
        if (effect.kind === 'start_reply') void reply(effect);
      }
    });
  }

  function hear(event: Untimed): void {
    story.happens(event);
    goOn();
  }

  async function reply({ request }: Effect & { kind: 'start_reply' }): Promise<void> {
    const whole = { ...request, conversation, agent: 'default', attempts: 4 };
    const asking = await prepareAsking(dependencies, whole);
    guesses.learn(whole, { measured: await asking.measured() });
    const early = guesses.adopt(conversation, asking.request);
    let text = answerTo(asking.request);
    if (typeof early === 'object') {
      for await (const part of early.read(new AbortController().signal)) {
        if (part.kind !== 'text') continue;
        used.push(part.text);
        text = part.text.split(' ')[1]!;
      }
    }
    replies.push({ request: asking.request, text });
    await s.schedule(Promise.resolve());
    const { turn } = story.state;
    if (turn.phase !== 'replying' || turn.reply.id !== request.reply_id) return;
    const asks = replies.length % 5 === 2 ? [call(`call_${replies.length}`)] : [];
    story.model(text, ...asks);
    goOn();
  }

  /** One delayed thing happens, with all that follows from it at once. */
  async function goOnce(): Promise<boolean> {
    await new Promise(setImmediate);
    if (s.count() === 0) return false;
    await s.waitOne();
    return true;
  }

  let messages = 0;
  const running = () => story.state.calls.find(({ status }) => status === 'running');
  for (const what of acts) {
    switch (what.do) {
      case 'say': {
        const message = { message_id: `m${++messages}`, text: what.text };
        const drop = guesses.guess(conversation, message);
        void s.schedule(Promise.resolve()).then(() => {
          if (what.refused) drop();
          else hear({ type: 'message', ...message });
        });
        break;
      }
      case 'report':
      case 'end': {
        const call_id = running()?.id;
        if (call_id === undefined) break;
        if (what.do === 'end') hear({ type: 'call_ended', call_id, end: { type: 'cancelled' } });
        else
          hear({
            type: 'call_event',
            call_id,
            n: 1,
            event: 'progress',
            percent: 50,
            schedule: 'when_idle',
          });
        break;
      }
      case 'interrupt':
        hear({ type: 'interrupt', scope: 'reply' });
        break;
      case 'pass':
        pass(what.ms);
        break;
      case 'go':
        for (let n = 0; n < what.steps; n++) await goOnce();
    }
  }
  // Runs until nothing is left to happen, and no guess is kept.
  for (let n = 0; n < 20; n++) {
    while (await goOnce());
    pass(1_000);
  }
  // A refusal is counted once its tokens are.
  await expect.poll(() => outcomes).toBe(asked.length);
  return { replies, asked, used };

  function pass(ms: number): void {
    story.pass(ms);
    goOn();
    const due = timers.filter(({ at }) => at <= story.now);
    timers = timers.filter(({ at }) => at > story.now);
    for (const { work } of due) work();
  }
}
