import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { lock } from '../../worker/file-lock.ts';
import { identify } from '../../tools/process-identity.ts';
import { readRecord } from '../../cli/temporal/record.ts';
import { STARTING } from '../../cli/temporal/start.ts';
import { EXTENSIONS } from '../kit/extensions.ts';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks, type PlayedModel, startPlayedModel } from '../kit/played-model.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { talk } from '../kit/talk.ts';

let model: PlayedModel;
let gates: Gates;
let service: TestService;
beforeAll(async () => {
  model = await startPlayedModel();
  gates = await startGates();
  service = await startTestService({
    env: {
      OPENAI_BASE_URL: model.url,
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      MEANWHILE_GRACE_MS: '100',
      // The last step of the tool and its end are one piece of news.
      MEANWHILE_QUIET_MS: '1500',
    },
  });
});
afterEach((test) => service.explain(test));
afterAll(async () => {
  await service.remove();
  await model.close();
  await gates.close();
});

test('the service reports that its Temporal server is unreachable, and afterwards everything continues', async () => {
  const { pid, client } = service;
  const { id, log, say, replied, head } = await talk(client, 'Go through the gates.');
  (await model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
  await replied(1);
  await gates.reached();

  // The service starts its server again at once, unless another one is just starting.
  const letItStart = await lock(STARTING, AbortSignal.timeout(30_000));
  const { pid: server } = (await readRecord(service.home))!;
  process.kill(server, 'SIGKILL');
  // What the tool has to tell now waits, and the tool with it.
  gates.open('1');
  const messages = `${service.url}/v1/conversations/${id}/messages`;
  const [aMessage, aBeginning, readiness] = await Promise.all([
    send(messages, { text: 'How far are you?' }),
    send(`${service.url}/v1/conversations`, { message: { text: 'Hello' } }),
    fetch(`${service.url}/readyz`),
  ]);
  for (const answer of [aMessage, aBeginning]) {
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'temporal_unavailable', status: 503 });
  }
  expect(readiness.status).toBe(503);
  expect(await head()).toMatchObject({ calls: [{ status: 'running' }] });

  letItStart();
  await expect
    .poll(async () => (await fetch(`${service.url}/readyz`)).status, { timeout: 60_000 })
    .toBe(200);
  await say('And now?');
  for (let asked = await model.asked(); ; asked = await model.asked()) {
    const texts = asked.request.messages.map(({ text }) => text);
    asked.says('Half way.');
    // The news may come before the message, after it, or with it.
    if (texts.includes('And now?') && texts.some((text) => text.includes('gate 1'))) break;
  }
  gates.open('2');
  const call = await log.until('the call is over', () => log.of('call.completed')[0]);
  const told = await model.asked();
  told.says('Through.');
  await log.until('its end is told', () =>
    log.of('receipt').find(({ of }) => of.includes(call.seq)),
  );

  expect(log.of('message.user').map(({ text }) => text)).toEqual([
    'Go through the gates.',
    'And now?',
  ]);
  expect(log.of('call.event').map(({ n, percent }) => [n, percent])).toEqual([
    [1, 50],
    [2, 75],
  ]);
  expect(log.entries.map(({ seq }) => seq)).toEqual(log.entries.map((_, i) => i + 1));
  expect(service.pid).toBe(pid);
  expect((await readRecord(service.home))!.pid).not.toBe(server);
  expect(await identify(server)).toBeUndefined();
});

function send(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
    body: JSON.stringify(body),
  });
}
