import { appendFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createMailbox } from '../test/kit/mailbox.ts';
import { journalsIn, openJournal, takeJournal } from './journal.ts';
import { watchSiblings } from './siblings.ts';

const facts = { identity: 'worker', namespace: 'default', boot: 'boot' };
const work = (id: string) => ({ workflow: { id, run: 'run' }, token: `token of ${id}` });

async function folderOf() {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-journal-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('a process that shuts down normally leaves no journal', async () => {
  const folder = await folderOf();
  const journal = openJournal(folder, facts);
  journal.begin(work('a'))();
  journal.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('unfinished work is left in the journal, which only one process at a time can take', async () => {
  const folder = await folderOf();
  const journal = openJournal(folder, facts);
  journal.begin(work('a'));
  journal.begin(work('b'))();
  expect(takeJournal(folder, journal.name)).toBeUndefined();
  journal.close();
  expect(journalsIn(readdirSync(folder))).toEqual([journal.name]);
  const taken = takeJournal(folder, journal.name)!;
  // What has ended may not have reached Temporal.
  expect(taken.left).toMatchObject({ ...facts, inHand: [work('a'), work('b')] });
  expect(takeJournal(folder, journal.name)).toBeUndefined();
  taken.release();
  expect(takeJournal(folder, journal.name)).toBeDefined();
});

test('a line that a kill cut off is ignored', async () => {
  const folder = await folderOf();
  const journal = openJournal(folder, facts);
  journal.begin(work('a'));
  appendFileSync(join(folder, `${journal.name}.journal`), '{"workflow":{"id":"b"');
  journal.close();
  expect(takeJournal(folder, journal.name)!.left?.inHand).toEqual([work('a')]);
});

test('a process takes over only from dead processes of the same machine', async () => {
  const folder = await folderOf();
  const elsewhere = openJournal(folder, { ...facts, boot: 'another' });
  const here = openJournal(folder, facts);
  for (const journal of [elsewhere, here]) {
    journal.begin(work(journal.name));
    journal.close();
  }
  const own = openJournal(folder, facts);
  const handed = createMailbox<string>('something is handed over');
  const siblings = watchSiblings(
    folder,
    own,
    async ({ inHand }) => handed.put(inHand[0]!.workflow.id),
    () => {},
  );
  expect(await handed.take()).toBe(here.name);
  await siblings.close();
  own.close();
  expect(journalsIn(readdirSync(folder))).toEqual([elsewhere.name]);
});

test('a missing folder stops nothing, and causes a warning', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-journal-'));
  const warnings = createMailbox<string>('a warning');
  const journal = openJournal(folder, facts, (message) => warnings.put(message));
  await rm(folder, { recursive: true });
  journal.begin(work('a'))();
  expect(await warnings.take()).toMatch(/Cannot write the journal/);
  journal.begin(work('b'))();
  journal.close();
  journal.begin(work('c'))();
});
