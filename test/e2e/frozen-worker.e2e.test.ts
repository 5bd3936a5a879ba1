/** Workers that stand still and wake up, beside others on the same PostgreSQL: every call runs in one of them. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EXTENSIONS } from '../kit/extensions.ts';
import { type Fleet, startFleet } from '../kit/fleet.ts';
import { createLedger } from '../kit/ledger.ts';
import { startStubModel, type StubModel } from '../kit/model-server.ts';
import { asks } from '../kit/played-model.ts';
import { type Talk, talk } from '../kit/talk.ts';

let model: StubModel;
let fleet: Fleet;
/** What the model asks for when it is next asked to walk. */
const wanted: ReturnType<typeof asks>[] = [];
beforeAll(async () => {
  model = await startStubModel(({ messages }) => ({
    text: 'Well.',
    calls: messages.at(-1)!.text === 'Walk.' ? wanted.splice(0) : [],
  }));
  fleet = await startFleet({
    workers: 2,
    settings: {
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'none',
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      MEANWHILE_GRACE_MS: '100',
    },
  });
}, 60_000);
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(fleet.output());
});
afterAll(async () => {
  await fleet.close();
  await model.close();
});

const STEPS = 40;
const all = Array.from({ length: STEPS }, (_, i) => i + 1);

/** A call under way, its third step taken by one of the workers. */
async function walking(tool: string, more: object = {}) {
  const ledger = await createLedger();
  wanted.push(asks(tool, { ledger: ledger.path, steps: STEPS, step_ms: 500, ...more }));
  const { log } = await talk(fleet.client, 'Walk.');
  await ledger.reaches(3);
  const [first] = await ledger.steps();
  const holder = fleet.workers.find(({ pid }) => pid === first!.pid)!;
  return {
    ledger,
    log,
    holder,
    numbers: async () => (await ledger.steps()).map(({ step }) => step),
    byOthers: async () => (await ledger.steps()).filter(({ pid }) => pid !== holder.pid),
  };
}

/** The step whose checkpoint was on its way when the worker was stopped (docs/decisions/0021-one-holder.md). */
const IN_FLIGHT = 1;
/** The step that was due in the instant of waking. */
const WOKEN = 1;

/** All of it, and at most `twice` steps twice. */
function expectWalked(steps: number[], twice: number): void {
  expect([...new Set(steps)].toSorted((a, b) => a - b)).toEqual(all);
  expect(steps.length - STEPS).toBeLessThanOrEqual(twice);
}

const ended = ({ log }: Pick<Talk, 'log'>) =>
  log.until(
    'the call is over',
    () => log.of('call.completed')[0] ?? log.of('call.failed')[0],
    150_000,
  );

test.each(['walks', 'walks_once'])(
  'a Temporal server that stands still costs nothing, whichever worker it gives the call to: %s',
  async (tool) => {
    const { ledger, log, holder, numbers, byOthers } = await walking(tool);
    process.kill(fleet.temporal.pid()!, 'SIGSTOP');
    await ledger.reaches(3 + 14);
    process.kill(fleet.temporal.pid()!, 'SIGCONT');
    expect(await ended({ log })).toMatchObject({ kind: 'call.completed' });
    expect(await numbers()).toEqual(all);
    expect(await byOthers()).toEqual([]);
    expect(holder.output()).not.toContain('Stopping the tool');
    await log.close();
  },
  180_000,
);

test('a frozen worker is replaced, and stops its call once it wakes', async () => {
  const { log, holder, numbers, byOthers } = await walking('walks', { checkpoints: true });
  holder.signal('SIGSTOP');
  await expect.poll(async () => (await byOthers()).length, { timeout: 60_000 }).toBeGreaterThan(2);
  holder.signal('SIGCONT');
  expect(await ended({ log })).toMatchObject({ kind: 'call.completed' });
  expectWalked(await numbers(), IN_FLIGHT + WOKEN);
  expect(holder.output()).toContain('Stopping the tool');
  await log.close();
}, 180_000);

test('a call that must not start again fails once when its worker is frozen, and reports nothing after that', async () => {
  const { log, holder, byOthers, ledger } = await walking('walks_once');
  holder.signal('SIGSTOP');
  const end = await ended({ log });
  expect(end).toMatchObject({ kind: 'call.failed', error: { type: 'WorkerLost' } });
  holder.signal('SIGCONT');
  await expect.poll(() => holder.output(), { timeout: 60_000 }).toContain('Stopping the tool');
  const { length } = await ledger.steps();
  expect(await byOthers()).toEqual([]);
  // At most the step that was due in the instant of waking.
  expect(length).toBeLessThanOrEqual(3 + 2);
  await log.close();
}, 180_000);

test('a killed worker is replaced at once by one that sees that it is dead', async () => {
  const { log, holder, numbers, byOthers } = await walking('walks', { checkpoints: true });
  holder.signal('SIGKILL');
  await expect.poll(async () => (await byOthers()).length, { timeout: 60_000 }).toBeGreaterThan(0);
  expect(await ended({ log })).toMatchObject({ kind: 'call.completed' });
  // The kill comes right after the third step, perhaps before its checkpoint.
  expectWalked(await numbers(), IN_FLIGHT);
  await log.close();
}, 180_000);
