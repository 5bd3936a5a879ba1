/**
 * The upgrade that docs/deploy.md describes: a second version of the workflows and of the store's tables beside the first one, then
 * in its place.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { conversationWorkflowId, DEFAULT_TENANT } from '../../contract/names.ts';
import { REPOSITORY } from '../kit/compose.ts';
import { EXTENSIONS } from '../kit/extensions.ts';
import { type Fleet, startFleet } from '../kit/fleet.ts';
import { imageFolder } from '../kit/image.ts';
import { createLedger } from '../kit/ledger.ts';
import { startStubModel, type StubModel } from '../kit/model-server.ts';
import { asks } from '../kit/played-model.ts';
import { talk } from '../kit/talk.ts';

let second: string;
let model: StubModel;
let fleet: Fleet;
let temporal: Client;
const wanted: ReturnType<typeof asks>[] = [];

beforeAll(async () => {
  second = await secondVersion();
  model = await startStubModel(({ messages }) => {
    const { text } = messages.at(-1)!;
    return text === 'Walk.' ? { calls: wanted.splice(0) } : { text: `You said: ${text}` };
  });
  fleet = await startFleet({
    workers: 0,
    settings: {
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'none',
      MEANWHILE_EXTENSIONS: EXTENSIONS,
    },
  });
  const connection = await Connection.connect({ address: fleet.temporal.address });
  temporal = new Client({ connection });
}, 180_000);
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(fleet.output());
});
afterAll(async () => {
  await temporal?.connection.close();
  await fleet?.close();
  await model?.close();
  await rm(second, { recursive: true });
});

/** This version, with workflows that make another decision and an addition to the store's tables. */
async function secondVersion(): Promise<string> {
  const folder = await imageFolder();
  await replace(join(folder, 'workflows/conversation.ts'), [
    ['  continueAsNew,\n', '  continueAsNew,\n  patched as isSecond,\n  sleep as pause,\n'],
    [
      '  const start = startOf(given);\n',
      "  const start = startOf(given);\n  if (isSecond('second version')) await pause(1);\n",
    ],
  ]);
  await replace(join(folder, 'store/migrations.ts'), [
    [
      'export const migrations: Record<string, Migration> = {\n',
      "export const migrations: Record<string, Migration> = {\n  '9001_note': { async up(db: Kysely<unknown>) { await sql`alter table entries add column note text not null default ''`.execute(db); } },\n",
    ],
  ]);
  return folder;
}

async function replace(file: string, changes: [string, string][]): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  await writeFile(file, text);
}

const promote = (build: string) =>
  execa(process.execPath, [join(REPOSITORY, 'cli/meanwhile.js'), 'promote', build], {
    env: { TEMPORAL_ADDRESS: fleet.temporal.address },
    reject: false,
  });

async function historyOf(id: string) {
  const workflowId = conversationWorkflowId({ tenant: DEFAULT_TENANT, id });
  const { events = [] } = await temporal.workflow.getHandle(workflowId).fetchHistory();
  return {
    failures: events!.filter((event) => event.workflowTaskFailedEventAttributes),
    builds: events!.flatMap(
      (event) => event.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId ?? [],
    ),
    patches: events!.filter(
      (event) => event.markerRecordedEventAttributes?.markerName === 'core_patch',
    ).length,
  };
}

test('conversations, calls and tables move to a second version while the first one still runs, and no task fails', async () => {
  const first = await fleet.startWorker({ MEANWHILE_BUILD_ID: 'one' });
  const ledger = await createLedger();
  wanted.push(asks('walks', { ledger: ledger.path, steps: 80, step_ms: 250, checkpoints: true }));
  const old = await talk(fleet.client, 'Hello.');
  expect((await old.replied(1)).text).toBe('You said: Hello.');
  const walking = await talk(fleet.client, 'Walk.');
  await ledger.reaches(3);

  // The new version adds to the tables; processes of the old one work with them, and start on them.
  await fleet.startWorker({ MEANWHILE_BUILD_ID: 'two' }, second);
  const database = new pg.Client({ connectionString: fleet.postgres.url });
  await database.connect();
  expect((await database.query('select note from entries limit 1')).rows).toHaveLength(1);
  await database.end();
  await fleet.apis[0]!.kill9();
  await fleet.apis[0]!.start();
  const between = await talk(fleet.client, 'Between.');
  expect((await between.replied(1)).text).toBe('You said: Between.');
  expect((await historyOf(between.id)).builds).not.toContain('two');

  expect(await promote('two')).toMatchObject({
    exitCode: 0,
    stdout: 'two is the current build now; before it was one.',
  });
  const after = await talk(fleet.client, 'After.');
  expect((await after.replied(1)).text).toBe('You said: After.');
  await fleet.client.conversations.open(old.id).send('Again.');
  await expect
    .poll(async () => (await historyOf(old.id)).builds.at(-1), { timeout: 60_000 })
    .toBe('two');
  expect(await first.stop()).toBe(0);

  const entries = await fleet.client.get(`/v1/conversations/${walking.id}/entries?limit=1000`);
  expect(entries.entries.filter(({ kind }: { kind: string }) => kind === 'call.failed')).toEqual(
    [],
  );
  await ledger.reaches(80);
  const steps = (await ledger.steps()).map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));

  const histories = await Promise.all(
    [old, walking, between, after].map(({ id }) => historyOf(id)),
  );
  expect(histories.map(({ failures }) => failures)).toEqual([[], [], [], []]);
  expect(histories.map(({ patches }) => patches)).toEqual([0, 0, 0, 1]);
  expect(histories[3]!.builds).not.toContain('one');
  for (const { log } of [old, walking, between, after]) await log.close();
}, 240_000);

test('a build without workers is not promoted, and the command says what to do', async () => {
  const { exitCode, stderr } = await promote('three');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('MEANWHILE_BUILD_ID=three');
});
