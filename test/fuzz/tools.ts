/** The tools' door: whatever a tool yields, returns or throws, its call comes to an end that can be told and stored. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { defaultPayloadConverter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import fc from 'fast-check';
import { z } from 'zod';
import { createLiveCalls } from '../../activities/call/live-calls.ts';
import { createRunTool } from '../../activities/call/run-tool.ts';
import type { Entry } from '../../contract/entry.ts';
import { whyRefused } from '../../contract/json-value.ts';
import type { CallEnd, CallEventSignal } from '../../contract/signals.ts';
import type { CallAsks, CallStart } from '../../contract/call.ts';
import type { Store } from '../../store/store.ts';
import { defineTool } from '../../tools/define.ts';
import { createSpools } from '../../tools/keeper/spools.ts';
import { aloneIn, SILENT } from '../kit/played-call.ts';
import { type Effort, holds } from './found.ts';
import { hostileText } from './json-text.ts';

/** What JSON can be read from a hostile text, or the text itself. */
const json = hostileText.map((text): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
});

class Sample {
  #hidden = 1;
  seen = this.#hidden;
}

/** What is not JSON; created again each time, since reading changes some of it. */
const others = fc
  .constantFrom<() => unknown>(
    () => undefined,
    () => 1n,
    () => () => 1,
    () => Symbol('s'),
    () => Number.NaN,
    () => new Date(Number.NaN),
    () => new Date(0),
    () => new Map([[1, 2]]),
    () => new Set([1]),
    () => Buffer.from('é'),
    () => new Float64Array([Number.NaN]),
    () => new Sample(),
    () => new Error('x'),
    () => Object.assign([], { self: 1 }),
    () => Object.create(null),
    () => Object.create({ inherited: 1 }),
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no keys');
          },
        },
      ),
    () =>
      new Proxy(
        {},
        {
          get: () => {
            throw 'nothing';
          },
        },
      ),
    () => ({ toJSON: () => ({ toJSON: 1 }) }),
    () => ({
      toJSON: () => {
        throw new Error('no JSON');
      },
    }),
    () => ({
      get a() {
        throw new Error('no a');
      },
    }),
    () => JSON.parse('{"then":1}'),
    () => {
      const cycle: Record<string, unknown> = {};
      cycle.self = cycle;
      return cycle;
    },
    () => {
      const cycle: unknown[] = [];
      cycle.push({ cycle });
      return cycle;
    },
    () => 'x'.repeat(70_000),
    () => '\0\ud83d'.repeat(1_000),
    () => Array.from({ length: 3_000 }, (_, nth) => ({ nth })),
  )
  .map((make) => make);

const values: fc.Arbitrary<() => unknown> = fc.oneof(
  json.map((value) => () => value),
  others,
  fc.tuple(others, json).map(([make, value]) => () => ({
    a: make(),
    b: [value],
    ['__proto__']: 1,
  })),
);

/** What a tool does next, as a function of nothing. */
const yields: fc.Arbitrary<() => unknown> = fc.oneof(
  { weight: 4, arbitrary: values.map((make) => () => ({ type: 'result', data: make() })) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(100), values).map(([percent, make]) => () => ({
      type: 'progress',
      percent,
      checkpoint: make(),
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(100), fc.string({ unit: 'binary' }))
      .map(([percent, note]) => () => ({ type: 'progress', percent, note, schedule: 'silent' })),
  },
  { weight: 1, arbitrary: values.map((make) => () => ({ type: 'progress', percent: make() })) },
  { weight: 1, arbitrary: values },
);

interface Script {
  steps: (() => unknown)[];
  last: () => unknown;
  throws: boolean;
  input: unknown;
}

const scripts: fc.Arbitrary<Script> = fc.record({
  steps: fc.array(yields, { maxLength: 4 }),
  last: values,
  throws: fc.boolean(),
  input: json.map((a) => ({ a })),
});

export async function fuzzTools(store: Store, effort: Effort): Promise<number> {
  const root = join(tmpdir(), `spools-${randomUUID()}`);
  try {
    const check = (script: Script) => play(store, root, script);
    return await holds('a tool', scripts, check, effort);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function play(store: Store, root: string, { steps, last, throws, input }: Script) {
  const conversation = { tenant: 'fuzz', id: randomUUID() };
  const call_id = randomUUID();
  const tool = defineTool({
    name: 'play',
    description: 'Plays.',
    input: z.object({ a: z.unknown() }),
    results: { min: 0, max: 'many' },
    async *run() {
      for (const step of steps) yield step() as never;
      if (throws) throw last();
      return last();
    },
  });
  const told: CallEventSignal[] = [];
  // Thrown in the midst of the call it would be an error of the tool's.
  const wrong: unknown[] = [];
  const look = (what: string, value: object) => {
    try {
      sound(what, value);
    } catch (error) {
      wrong.push(error);
    }
  };
  const calls = createLiveCalls({
    holder: aloneIn(store),
    server: SILENT,
    catalogue: { tools: new Map([[tool.name, tool]]), agents: new Map() },
    bus: { publish: (_, message) => look('live progress', message) },
    store,
    settings: {
      MEANWHILE_MAX_RESULT_BYTES: 100_000,
      MEANWHILE_INLINE_RESULT_BYTES: 2_000,
      MEANWHILE_MAX_OUTPUT_BYTES: 10_000_000,
    },
    spools: createSpools({ root, claim: async (_, __, host) => ({ holder: host, isNew: true }) }),
    signalConversation: async (_, event) => {
      look('an event', event);
      told.push(event);
    },
  });
  const runTool = createRunTool(calls);
  const environment = new MockActivityEnvironment(
    { attempt: 1 },
    { logger: new DefaultLogger('ERROR') },
  );
  environment.on('heartbeat', (cursor) => look('a heartbeat', cursor));
  const start = { conversation, call_id, tool: tool.name, input };
  const end = sound(
    'the end',
    (await environment.run<[CallStart], CallEnd | CallAsks, typeof runTool>(
      runTool,
      start,
    )) as CallEnd,
  );

  if (wrong.length > 0) throw wrong[0];

  const fields = {
    at: '2030-01-01T00:00:00.000Z',
    cause: [],
    actor: { type: 'tool' as const, id: 'play' },
  };
  const entries: Entry[] = [
    ...told.map((event, nth): Entry => {
      if (event.n !== nth + 1) throw new Error(`Event ${event.n} is the ${nth + 1}th.`);
      return { ...fields, ...event, seq: nth + 1, kind: 'call.event' } as Entry;
    }),
    {
      ...fields,
      ...(end as object),
      seq: told.length + 1,
      kind: `call.${end.type}`,
      call_id,
    } as unknown as Entry,
  ];
  const head = { status: 'idle' as const, calls: [], usage: { input_tokens: 0, output_tokens: 0 } };
  await store.record({ conversation, fence: { run: 1, length: 1, at: 0 }, base: 1, entries, head });
  const read = await store.window(conversation, { from: 1, to: 99 });
  if (JSON.stringify(read) !== JSON.stringify(entries))
    throw new Error('Written and read again, it differs.');
  for (const each of [...told, end]) {
    if (!('stored' in each) || !each.stored) continue;
    const { n, bytes } = each.stored;
    const whole = await store.result(conversation, { call_id, n });
    if (whole === undefined || Buffer.byteLength(whole) !== bytes)
      throw new Error(`${n} is not stored.`);
    sound('what is stored', { whole: JSON.parse(whole) });
  }
}

/** JSON whose fields are bounded, whole characters in it, and the same after Temporal has carried it. */
function sound<T extends object>(what: string, value: T): T {
  const text = JSON.stringify(value);
  const carried = defaultPayloadConverter.fromPayload(defaultPayloadConverter.toPayload(value));
  const why =
    Object.values(value).map(whyRefused).find(Boolean) ??
    (/\\u(0000|d[89a-f])/.test(text.replaceAll('\\\\', '')) ? 'has half a character' : undefined) ??
    (isDeepStrictEqual(carried, JSON.parse(text)) ? undefined : 'is changed by Temporal');
  if (why === undefined) return value;
  throw new Error(`${what} ${why}: ${text.slice(0, 500)}`);
}
