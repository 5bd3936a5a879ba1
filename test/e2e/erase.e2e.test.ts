/** A conversation is erased on a real Temporal server: nothing of its words is found there or in the log. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isGrpcServiceError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const WORDS = 'the words that have to go';
const stage = useStage();

test('an erased conversation with a running call is ended, and its words are gone from the log, Temporal and the disk', async () => {
  const { model, service, workflows } = stage;
  const { id, log } = await stage.talk(WORDS);
  (await model.asked()).says('It begins.', asks('sits'));
  const { call_id } = await log.until('the call runs', () => log.of('call.started')[0]);
  await expect.poll(() => folders(service.home)).toContain(call_id);
  const base = `${service.url}/v1/conversations/${id}`;
  const exported = await (await fetch(`${base}/export`)).text();
  expect(exported).toContain(WORDS);

  const answer = await fetch(base, { method: 'DELETE' });
  expect(answer.status).toBe(200);
  const tombstone = (await answer.json()) as { erased_at?: string };
  expect(tombstone.erased_at).toBeDefined();
  expect(await (await fetch(`${base}/export`)).text()).not.toContain(WORDS);

  // The server deletes histories in the background.
  const { conversation, call } = workflows;
  const both = [conversation(id), call(call_id)];
  const look = () =>
    Promise.all(both.map((each) => each.fetchHistory().then(() => 'there', unlessGone)));
  await expect.poll(look, { timeout: 90_000 }).toEqual(['gone', 'gone']);
  // Once a minute, on every host.
  await expect.poll(() => folders(service.home), { timeout: 90_000 }).not.toContain(call_id);
}, 150_000);

const folders = (home: string) => readdir(join(home, 'spool')).catch(() => []);

function unlessGone(error: unknown): 'gone' {
  if (isGrpcServiceError(error) && (error.code as number) === NOT_FOUND) return 'gone';
  throw error;
}

/** gRPC status: fetching a history does not throw the client's own error. */
const NOT_FOUND = 5;
