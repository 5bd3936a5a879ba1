/** A Temporal server that nobody hears from for a while: what runs goes on, once. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { lock } from '../../worker/file-lock.ts';
import { readRecord } from '../../cli/temporal/record.ts';
import { STARTING } from '../../cli/temporal/start.ts';
import { EXTENSIONS } from '../kit/extensions.ts';
import { createLedger } from '../kit/ledger.ts';
import { startStubModel, type StubModel } from '../kit/model-server.ts';
import { asks } from '../kit/played-model.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { talk } from '../kit/talk.ts';

let model: StubModel;
/** What the model asks for when it is next asked to walk. */
const wanted: ReturnType<typeof asks>[] = [];
let service: TestService;
beforeAll(async () => {
  model = await startStubModel(({ messages }) => ({
    text: 'Well.',
    calls: messages.at(-1)!.text === 'Walk.' ? wanted.splice(0) : [],
  }));
  service = await startTestService({
    env: {
      OPENAI_BASE_URL: model.url,
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      MEANWHILE_GRACE_MS: '100',
    },
  });
});
afterEach((test) => service.explain(test));
afterAll(async () => {
  await service.remove();
  await model.close();
});

const STEPS = 30;
const STEP_MS = 500;
/** As long as the tool needs for these, the server is not heard of: past its heartbeat timeout of 5 s. */
const AWAY = 14;

const freeze = async () => {
  const { pid } = (await readRecord(service.home))!;
  process.kill(pid, 'SIGSTOP');
  return () => void process.kill(pid, 'SIGCONT');
};
const kill = async () => {
  const letItStart = await lock(STARTING, AbortSignal.timeout(30_000));
  process.kill((await readRecord(service.home))!.pid, 'SIGKILL');
  return letItStart;
};

test.each([
  ['frozen', 'walks', freeze],
  ['frozen', 'walks_once', freeze],
  ['killed and away', 'walks', kill],
  ['killed and away', 'walks_once', kill],
])(
  'while Temporal is %s, a tool that runs goes on: %s',
  async (_, tool, disturb) => {
    const ledger = await createLedger();
    wanted.push(asks(tool, { ledger: ledger.path, steps: STEPS, step_ms: STEP_MS }));
    const { log } = await talk(service.client, 'Walk.');

    await ledger.reaches(3);
    const restore = await disturb();
    await ledger.reaches(3 + AWAY);
    restore();
    const end = await log.until(
      'the call is over',
      () => log.of('call.completed')[0] ?? log.of('call.failed')[0],
      120_000,
    );
    const steps = (await ledger.steps()).map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(end).toMatchObject({ kind: 'call.completed', result: { steps: STEPS } });
    await log.close();
  },
  120_000,
);
