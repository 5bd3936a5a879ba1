import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { batch, idle, messages, someone } from '../test/store/samples.ts';
import {
  checkRetention,
  retainRegularly,
  retireClosed,
  type RetentionOptions,
} from './retention.ts';

const LATER = '2031-01-01T00:00:00.000Z';

let store: Store;
let archive: string;
let options: RetentionOptions;
const info = vi.fn();
const warn = vi.fn();

beforeEach(async () => {
  vi.clearAllMocks();
  store = createMemoryStore(() => '2030-01-02T03:04:05.678Z');
  archive = await mkdtemp(join(tmpdir(), 'meanwhile-archive-'));
  const created = archive;
  onTestFinished(() => rm(created, { recursive: true }));
  options = { store, days: 31, archive, info, warn };
});

async function closed(one: ConversationKey = someone()): Promise<ConversationKey> {
  await store.open(one, { agent: 'helper', metadata: {}, at: '2030-01-02T03:04:05.678Z' });
  const entries = messages(1, 'a\u2028"é"', 'b');
  await store.record(batch(one, [1, 1], 1, entries, { ...idle, status: 'closed' }));
  return one;
}

const linesOf = async (file: string) =>
  gunzipSync(await readFile(join(archive, file)))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('a closed conversation is written to the archive, one JSON object a line, and then removed', async () => {
  const one = await closed();
  const conversation = await store.conversation(one);
  expect(await retireClosed(options, LATER)).toBe(1);
  const file = `${one.tenant}/2030-01-02/${one.id}.jsonl.gz`;
  expect(await store.retired(one)).toMatchObject({ file });
  expect(await linesOf(file)).toEqual([
    { type: 'conversation', conversation },
    ...messages(1, 'a\u2028"é"', 'b').map((entry) => ({
      type: 'entry',
      conversation_id: one.id,
      entry,
    })),
  ]);
  expect(await store.conversation(one)).toBeUndefined();
  expect(info).toHaveBeenCalledWith(expect.stringContaining('1 conversations'));
});

test('a large result follows the entry that names it', async () => {
  const one = someone();
  const stored = { n: 'end' as const, bytes: 7, head: '"l' };
  const at = '2030-01-02T03:04:05.678Z';
  const completed = { seq: 1, at, kind: 'call.completed', call_id: 'call_1', stored } as any;
  await store.keepResult(one, { call_id: 'call_1', n: 'end' }, '"large"');
  await store.record(batch(one, [1, 1], 1, [completed], { ...idle, status: 'closed' }));
  await retireClosed(options, LATER);
  expect((await linesOf(`${one.tenant}/2030-01-02/${one.id}.jsonl.gz`)).at(-1)).toEqual({
    type: 'result',
    conversation_id: one.id,
    call_id: 'call_1',
    n: 'end',
    result: 'large',
  });
});

test('open conversations, and those closed later, stay', async () => {
  const open = someone();
  await store.record(batch(open, [1, 1], 1, messages(1, 'a')));
  const one = await closed();
  expect(await retireClosed(options, '2030-01-02T00:00:00.000Z')).toBe(0);
  expect(await retireClosed(options, LATER)).toBe(1);
  expect(await store.conversation(open)).toBeDefined();
  expect(await store.conversation(one)).toBeUndefined();
});

test('many are removed in batches, by two workers at once, each of them once', async () => {
  for (let i = 0; i < 250; i++) await closed({ tenant: 'acme', id: `conv_${i}` });
  const removed = await Promise.all([retireClosed(options, LATER), retireClosed(options, LATER)]);
  expect(removed[0] + removed[1]).toBe(250);
  const files = await readdir(join(archive, 'acme', '2030-01-02'));
  expect(files.filter((name) => name.endsWith('.jsonl.gz'))).toHaveLength(250);
  expect(files).toHaveLength(250);
});

test('no id leads out of the archive', async () => {
  const ids = ['../../etc/passwd', '..', '.hidden', 'a/b'];
  for (const id of ids) await closed({ tenant: '..', id });
  expect(await retireClosed(options, LATER)).toBe(4);
  expect(await readdir(archive)).toEqual(['%2E.']);
  expect((await readdir(join(archive, '%2E.', '2030-01-02'))).sort()).toEqual([
    '%2E.%2F..%2Fetc%2Fpasswd.jsonl.gz',
    '%2E..jsonl.gz',
    '%2Ehidden.jsonl.gz',
    'a%2Fb.jsonl.gz',
  ]);
});

test('more failures than fit into a batch do not hold up other conversations', async () => {
  for (let i = 0; i < 120; i++) await closed({ tenant: 'full', id: `conv_${i}` });
  await writeFile(join(archive, 'full'), 'a file where a folder is needed');
  const other = await closed({ tenant: 'zeta', id: 'conv_last' });
  await expect(retireClosed(options, LATER)).rejects.toThrow('ENOTDIR');
  expect(await store.conversation(other)).toBeUndefined();
});

test('a conversation that cannot be archived stays, holds up no other, and the next attempt archives it', async () => {
  const [one, other] = [await closed(), await closed()];
  await writeFile(join(archive, one.tenant), 'a file where a folder is needed');
  await expect(retireClosed(options, LATER)).rejects.toThrow('ENOTDIR');
  expect(await store.conversation(one)).toBeDefined();
  expect(await store.conversation(other)).toBeUndefined();
  await rm(join(archive, one.tenant));
  expect(await retireClosed(options, LATER)).toBe(1);
});

test('without an archive, conversations are removed', async () => {
  const one = await closed();
  expect(await retireClosed({ ...options, archive: undefined }, LATER)).toBe(1);
  expect(await store.retired(one)).toEqual({ retired_at: expect.any(String) });
  expect(await readdir(archive)).toEqual([]);
});

test('a worker begins at once, says what fails, and stops when it is told to', async () => {
  const due = vi.fn().mockRejectedValue(new Error('away'));
  const retaining = retainRegularly({ ...options, store: { ...store, due } });
  await vi.waitFor(() => expect(warn).toHaveBeenCalled());
  const days = (Date.now() - Date.parse(due.mock.calls[0]![0])) / 86_400_000;
  expect(days).toBeCloseTo(31, 3);
  await retaining.close();
});

test.each([
  ['shorter than that of Temporal', 31, 31 * 86_400, /31.*more than the 31 days.*Temporal/],
  ['longer', 32, 31 * 86_400, undefined],
])('a retention that is %s', async (_, MEANWHILE_RETENTION_DAYS, seconds, error) => {
  const describeNamespace = async () => ({
    config: { workflowExecutionRetentionTtl: { seconds } },
  });
  const checked = checkRetention(
    { MEANWHILE_RETENTION_DAYS, MEANWHILE_ARCHIVE: undefined },
    { workflowService: { describeNamespace } } as any,
    'default',
  );
  await (error ? expect(checked).rejects.toThrow(error) : checked);
});

test('an archive that is not a folder stops the start', async () => {
  const file = join(archive, 'file');
  await writeFile(file, '');
  const describeNamespace = async () => ({});
  await expect(
    checkRetention(
      { MEANWHILE_RETENTION_DAYS: 31, MEANWHILE_ARCHIVE: file },
      { workflowService: { describeNamespace } } as any,
      'default',
    ),
  ).rejects.toThrow(`MEANWHILE_ARCHIVE (${file}) cannot be written to`);
});
