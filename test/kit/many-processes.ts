/**
 * What a service of two APIs and two workers has to do, as tests: on a development server (test/e2e) and on a Temporal cluster
 * (test/cluster).
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { answer } from '../../cli/demo/rules.ts';
import { playScenario } from '../../cli/demo/scenario.ts';
import { Meanwhile } from '../../client/meanwhile.ts';
import type { Conversation } from '../../client/conversation.ts';
import type { Entry } from '../../contract/entry.ts';
import { throughBalancer } from './balancer.ts';
import { EXTENSIONS } from './extensions.ts';
import { type Fleet, startFleet, type FleetTemporal } from './fleet.ts';
import { heldText } from './held-text.ts';
import { createLedger } from './ledger.ts';
import { startStubModel, type StubHandler, type StubModel } from './model-server.ts';
import { asks } from './played-model.ts';
import { reading } from './reading.ts';
import { talk } from './talk.ts';

export interface ManyProcesses {
  readonly fleet: Fleet;
  readonly model: StubModel;
  /** How the model answers from now on. */
  answers(handler: StubHandler): void;
}

/** Starts the fleet before the tests of a file, and ends it after them. */
export function useManyProcesses(
  startTemporal?: () => Promise<FleetTemporal & { stop(): Promise<void> }>,
): ManyProcesses {
  let handler: StubHandler = () => ({ text: 'Well.' });
  const given = {
    answers: (next: StubHandler) => void (handler = next),
  } as { -readonly [K in keyof ManyProcesses]: ManyProcesses[K] };
  let temporal: Awaited<ReturnType<NonNullable<typeof startTemporal>>> | undefined;
  beforeAll(async () => {
    temporal = await startTemporal?.();
    given.model = await startStubModel((request) => handler(request));
    given.fleet = await startFleet({
      apis: 2,
      workers: 2,
      redis: true,
      settings: {
        OPENAI_BASE_URL: given.model.url,
        OPENAI_API_KEY: 'none',
        MEANWHILE_EXTENSIONS: EXTENSIONS,
        MEANWHILE_DRAIN_MS: '2000',
        MEANWHILE_PROBE_PORT: '0',
        MEANWHILE_DEMO_TOOLS: 'true',
      },
      temporal,
    });
  }, LONGEST_START_MS);
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(given.fleet.output());
  });
  afterAll(async () => {
    await given.fleet?.close();
    await given.model?.close();
    await temporal?.stop();
  }, 60_000);
  return given;
}

/** @param given of `useManyProcesses` */
export function describeManyProcesses(given: ManyProcesses): void {
  test('live text and percentages reach the readers of every API, whichever worker they come from', async () => {
    const { fleet } = given;
    const text = heldText();
    given.answers(({ messages }) => {
      const { text: asked } = messages.at(-1)!;
      if (asked === 'Speak.') return { text: text.pieces };
      return asked === 'Count.' ? { calls: [asks('counts')] } : { text: 'Well.' };
    });
    const { id } = await fleet.client.conversations.create({ message: { text: 'Speak.' } });
    const readers = fleet.apis.map(({ client }) => reading(client.conversations.open(id)));
    for (const said of ['Hel', 'Hello', 'Hello you']) {
      text.becomes(said);
      for (const reader of readers) await expect.poll(reader.text, POLL).toBe(said);
    }
    text.ends();
    for (const reader of readers) await expect.poll(reader.completed, POLL).toEqual(['Hello you']);

    await fleet.client.conversations.open(id).send('Count.');
    for (const reader of readers) await expect.poll(reader.percent, POLL).toBeGreaterThan(0);
    for (const reader of readers) {
      await reader.stop();
      expect(reader.wrong).toEqual([]);
    }
  });

  test('a reader who moves to another API in the middle of a reply goes on at the right character', async () => {
    const { fleet } = given;
    const text = heldText();
    given.answers(() => ({ text: text.pieces }));
    const client = throughBalancer(fleet.apis);
    const conversation = await client.conversations.create({ message: { text: 'Speak.' } });
    const seen = reading(conversation);
    let said = '';
    // Each API in turn is killed while its readers hold half a reply.
    for (const [round, api] of fleet.apis.entries()) {
      text.becomes((said += `${round}: one two three. `));
      await expect.poll(seen.text, POLL).toBe(said);
      await api.kill9();
      text.becomes((said += 'four five. '));
      await expect.poll(seen.text, POLL).toBe(said);
      await api.start();
    }
    text.ends();
    await expect.poll(seen.completed, POLL).toEqual([said]);
    await seen.stop();
    expect(seen.wrong).toEqual([]);
  });

  test('without Redis entries flow and the text of a reply goes on; when it is back, all is as before', async () => {
    const { fleet } = given;
    const redis = fleet.redis!;
    const text = heldText();
    given.answers(({ messages }) =>
      messages.at(-1)!.text === 'Speak.' ? { text: text.pieces } : { text: 'Well.' },
    );
    const conversation = await throughBalancer(fleet.apis).conversations.create({
      message: { text: 'Speak.' },
    });
    const seen = reading(conversation);
    text.becomes('Before. ');
    await expect.poll(seen.text, POLL).toBe('Before. ');

    await redis.kill9();
    for (const { client } of fleet.apis)
      await expect.poll(() => client.get('/readyz'), POLL).toMatchObject({ live: 'delayed' });
    text.becomes('Before. Without. ');
    await expect.poll(seen.text, POLL).toBe('Before. Without. ');
    const other = await talk(fleet.apis[1]!.client, 'Are you there?');
    expect(await other.replied(1)).toMatchObject({ text: 'Well.' });

    await redis.start();
    for (const { client } of fleet.apis)
      await expect.poll(() => client.get('/readyz'), POLL).not.toHaveProperty('live');
    text.becomes('Before. Without. After. ');
    await expect.poll(seen.text, POLL).toBe('Before. Without. After. ');
    text.ends();
    await expect.poll(seen.completed, POLL).toEqual(['Before. Without. After. ']);
    await seen.stop();
    await other.log.close();
    expect(seen.wrong).toEqual([]);
  });

  test('workers that are replaced one after another lose no message, and tools go on from their checkpoints', async () => {
    const { fleet } = given;
    const ledger = await createLedger();
    const walk = asks('walks', { ledger: ledger.path, steps: 60, step_ms: 250, checkpoints: true });
    given.answers(({ messages }) => {
      const { text } = messages.at(-1)!;
      if (text === 'Walk.') return { calls: [walk] };
      return { text: `You said: ${text}` };
    });
    const client = throughBalancer(fleet.apis);
    const walking = await talk(fleet.client, 'Walk.');
    await ledger.reaches(3);

    const talks = await Promise.all([0, 1, 2].map(() => client.conversations.create({})));
    let isRolling = true;
    const sent = Promise.all(
      talks.map(async (conversation, lane) => {
        const texts: string[] = [];
        while (isRolling) {
          const text = `${lane}.${texts.length}`;
          await conversation.send({ text, when_busy: 'queue' });
          texts.push(text);
          await answerTo(conversation, text);
        }
        return texts;
      }),
    );
    for (const old of [...fleet.workers]) {
      await fleet.startWorker();
      expect(await old.stop()).toBe(0);
      fleet.workers.splice(fleet.workers.indexOf(old), 1);
    }
    isRolling = false;
    const texts = await sent;
    for (const [lane, conversation] of talks.entries()) {
      const entries = await entriesOf(conversation);
      const said = entries.flatMap((e) => (e.kind === 'message.user' ? [e.text] : []));
      expect(said).toEqual(texts[lane]);
    }
    await walking.log.until('the walk is over', () => walking.log.of('call.completed')[0]);
    const steps = (await ledger.steps()).map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    await walking.log.close();
  });

  test('each part may be killed: what was said before is there, and the next message is answered', async () => {
    const { fleet } = given;
    given.answers(({ messages }) => ({ text: `You said: ${messages.at(-1)!.text}` }));
    const client = throughBalancer(fleet.apis, { maxRetries: 20 });
    const conversation = await client.conversations.create({ message: { text: 'Start.' } });
    await answerTo(conversation, 'Start.');
    const [worker] = fleet.workers;
    const parts: Record<string, () => Promise<void>> = {
      'an API': async () => {
        await fleet.apis[0]!.kill9();
        await fleet.apis[0]!.start();
      },
      'a worker': async () => {
        await worker!.kill9();
        await worker!.start();
      },
      Redis: async () => {
        await fleet.redis!.kill9();
        await fleet.redis!.start();
      },
      'the database': () => fleet.postgres.restart(),
      ...fleet.temporal.parts,
    };
    const said = ['Start.'];
    for (const [name, kill] of Object.entries(parts)) {
      const text = `After ${name}?`;
      await Promise.all([
        kill(),
        conversation.send({ text, when_busy: 'queue' }).then(() => said.push(text)),
      ]);
      await answerTo(conversation, text);
    }
    const entries = await entriesOf(conversation);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
    expect(entries.flatMap((e) => (e.kind === 'message.user' ? [e.text] : []))).toEqual(said);
  });

  test('the main scenario is played through one API and read from the other', async () => {
    const { fleet } = given;
    const [one, other] = fleet.apis;
    const client = new Meanwhile({
      baseURL: one!.url,
      maxRetries: 0,
      fetch: (input, init) => {
        const isStream = String(input).endsWith('/stream');
        return fetch(isStream ? String(input).replace(one!.url, other!.url) : input, init);
      },
    });
    given.answers(({ messages, tools }) => ({ ...answer(messages, tools), delayMs: 15 }));
    expect(await playScenario(client, () => {})).toHaveLength(12);
  });
}

/** The first time, the Temporal server may have to be built. */
const LONGEST_START_MS = 60 * 60_000;

/** Any step may have to wait until something that was killed is noticed and replaced. */
const POLL = { timeout: 60_000, interval: 50 };

/** Resolves when the model that repeats what it hears has answered this. */
async function answerTo(conversation: Conversation, text: string): Promise<void> {
  const answers = async () => {
    const entries = await entriesOf(conversation);
    return entries.flatMap((e) => (e.kind === 'reply.completed' ? [e.text] : []));
  };
  await expect.poll(() => answers().catch(() => []), POLL).toContain(`You said: ${text}`);
}

async function entriesOf(conversation: Conversation): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of conversation.entries()) entries.push(entry);
  return entries;
}
