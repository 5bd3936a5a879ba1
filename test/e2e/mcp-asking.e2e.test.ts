import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APIError } from '../../client/errors.ts';
import { type HttpTestServer, ledgerAt, startHttpServer, testServer } from '../kit/mcp/servers.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { follow, type Talk } from '../kit/talk.ts';

const folder = mkdtempSync(join(tmpdir(), 'meanwhile-mcp-'));
const ledger = ledgerAt(join(folder, 'ledger'));
const file = join(folder, 'mcp.json');
let http: HttpTestServer;
beforeAll(async () => {
  http = await startHttpServer(ledger.path);
  const servers = { test: testServer(ledger.path), tasks: { type: 'http', url: http.url } };
  writeFileSync(file, JSON.stringify({ mcpServers: servers }));
});
const stage = useStage({
  MEANWHILE_MCP: file,
  MEANWHILE_ALLOW_PRIVATE_URLS: 'true',
  MEANWHILE_GRACE_MS: '0',
  MEANWHILE_QUIET_MS: '0',
  MEANWHILE_QUIET_MAX_MS: '0',
});
afterAll(async () => {
  await http.kill();
  await rm(folder, { recursive: true });
});

/** A conversation whose model has called the tool, which asks a person. The model has been told. */
async function asking(tool: string): Promise<{ talk: Talk; call_id: string; question: any }> {
  const names = async () =>
    (await stage.service.client.get('/v1/tools')).tools.map(({ name }: { name: string }) => name);
  await expect.poll(names, { timeout: 60_000 }).toContain(tool);
  await ledger.take();
  const talk = await stage.talk('Go on.');
  (await stage.model.askedAbout('Go on.')).says('I do it.', asks(tool, {}));
  const { call_id, question } = await talk.log.until(
    'it asks',
    () => talk.log.of('call.event').find((event) => event.question),
    60_000,
  );
  (await stage.model.askedAbout('Waits for a person, who is asked:')).says(
    'You are asked for a branch.',
  );
  return { talk, call_id, question };
}

const answer = (talk: Talk, call_id: string, body: object) =>
  talk.post(`calls/${call_id}/answer`, body);

/** The model hears of it, and speaks. */
async function done(talk: Talk) {
  const end = await talk.log.until('it is over', () => talk.log.of('call.completed')[0], 60_000);
  (await stage.model.askedAbout('"status":"completed"')).says('Done.');
  return end.result;
}

const accepted = { action: 'accept', content: { branch: 'main' } } as const;
const saidBack = `You said ${JSON.stringify(accepted)}`;

test('a task that asks waits for a person, also past kill -9 of the service, and goes on with the answer', async () => {
  const { talk, call_id } = await asking('tasks__job_asks');
  await talk.replied(2);
  const held = talk.held();
  await stage.service.kill9();
  await stage.service.start();
  const after = follow(stage.service.client, talk.id, held);
  const [call] = (await after.head()).calls;
  expect(call).toMatchObject({
    ...{ id: call_id, status: 'running' },
    question: { message: 'Which branch?', schema: { required: ['branch'] } },
  });
  const refused = await answer(after, call_id, { action: 'accept' }).catch((error) => error);
  expect(refused).toBeInstanceOf(APIError);
  expect(refused).toMatchObject({ status: 400, code: 'invalid_request' });

  const reply = { ...accepted, author: 'ann', question_id: call.question.id };
  await expect
    .poll(() => answer(after, call_id, reply), { timeout: 30_000 })
    .toMatchObject({ question_id: call.question.id });
  await answer(after, call_id, reply);
  await after.log.until('it asks again', () => after.log.of('call.event')[1], 60_000);
  (await stage.model.askedAbout('Waits for a person')).says('And again.');
  await answer(after, call_id, { action: 'decline' });
  expect(await done(after)).toBe(`You said ${JSON.stringify([accepted, { action: 'decline' }])}`);
  expect(after.log.of('call.answered')).toMatchObject([
    { actor: { type: 'user', id: 'ann' }, content: { branch: 'main' } },
    { action: 'decline' },
  ]);
  expect(await ledger.lines()).toEqual(['job_asks begins', 'answered branch', 'answered again']);
}, 180_000);

test('a call that requires input is made again with the answer', async () => {
  const { talk, call_id } = await asking('test__asks_now');
  await answer(talk, call_id, accepted);
  expect(await done(talk)).toBe(saidBack);
  expect(await ledger.lines()).toEqual(['asks_now with undefined', 'asks_now with half done']);
}, 120_000);

test('a call that asks is cancelled, and its task with it', async () => {
  const { talk, call_id } = await asking('tasks__job_asks');
  await talk.post(`calls/${call_id}/cancel`);
  await talk.log.until('it is cancelled', () => talk.log.of('call.cancelled')[0]);
  const late = await answer(talk, call_id, accepted).catch((error) => error);
  expect(late).toMatchObject({ status: 409, code: 'call_not_asking' });
  await expect
    .poll(() => ledger.lines(), { timeout: 60_000 })
    .toContain('task cancelled while asking');
}, 120_000);
