import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readRecord } from '../../cli/temporal/record.ts';
import type { StreamItem } from '../../client/stream.ts';
import type { Watcher } from '../../client/watch.ts';
import { identify, isAlive } from '../../tools/process-identity.ts';
import { readSpool } from '../../tools/keeper/spool.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { follow, talk } from '../kit/talk.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({});
});
afterEach((test) => service.explain(test));
afterAll(() => service.remove());

test('a kill -9 of everything in the middle of an installation loses nothing and repeats nothing', async () => {
  const before = await talk(service.client, 'install beta and update me every 25%');
  await before.log.until('a quarter has been told', () => told(before.log, 25));
  await before.log.until('beta is at 40 %', () => before.items.some(isAtLeast(40)));
  const servers = [await temporalServer()];
  const held = before.held();
  const installer = await installerOf(before.log);

  await service.kill9WithTemporal();
  expect(await isAlive(installer)).toBe(true);
  await service.start();
  servers.push(await temporalServer());
  // Somebody who comes back with what he holds, and somebody who comes for the first time.
  const reader = follow(service.client, before.id, held);
  const { log, say } = follow(service.client, before.id);
  const call = await log.until('beta is installed', () => log.of('call.completed')[0]);
  await log.until('it has been told', () =>
    log.of('receipt').find(({ of }) => of.includes(call.seq)),
  );
  await say('what is a signal in Temporal?');
  await log.until('the question is answered', () =>
    log.of('reply.completed').find(({ text }) => text.includes('A signal in Temporal is')),
  );

  expect(log.entries.map(({ seq }) => seq)).toEqual(log.entries.map((_, i) => i + 1));
  await reader.log.until('the reader has it too', () => reader.log.entries[log.entries.length - 1]);
  expect(reader.log.entries).toEqual(log.entries);
  const page = await service.client.get(`/v1/conversations/${before.id}/entries?limit=1000`);
  expect(page.entries).toEqual(log.entries);

  const milestones = log.of('call.event');
  expect(milestones.map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  expect(milestones.map(({ percent }) => Math.floor(percent! / 25))).toEqual([1, 2, 3, 4]);
  const texts = log.of('reply.completed').map(({ text }) => text);
  for (const { seq, percent } of milestones) {
    const receipts = log.of('receipt').filter(({ of }) => of.includes(seq));
    expect(receipts).toHaveLength(1);
    const tellings = texts.filter((text) => text.includes(`beta: ${percent} % done.`));
    expect(tellings).toHaveLength(receipts[0]!.fate === 'spoken' ? 1 : 0);
  }
  expect(texts.filter((text) => text.includes('beta is installed.'))).toHaveLength(1);

  // It has not noticed anything, and was the only one.
  expect(await installerOf(before.log)).toEqual(installer);
  expect(await isAlive(installer)).toBe(false);
  expect(await service.stop()).toBe(0);
  expect(await identify(service.pid)).toBeUndefined();
  for (const server of servers) expect(await isAlive(server)).toBe(false);
  expect(await readRecord(service.home)).toBeUndefined();
}, 120_000);

/** The program that the only call runs. */
async function installerOf(log: Watcher) {
  const [{ call_id } = { call_id: '' }] = log.of('call.started');
  return (await readSpool(join(service.home, 'spool', call_id), 'program.json'))!;
}

async function temporalServer() {
  const { pid, began, boot } = (await readRecord(service.home))!;
  return { pid, began, boot };
}

function told(log: Watcher, percent: number) {
  const event = log.of('call.event').find((entry) => (entry.percent ?? 0) >= percent);
  return event && log.of('receipt').find(({ of }) => of.includes(event.seq));
}

const isAtLeast = (percent: number) => (item: StreamItem) =>
  item.type === 'progress' && (item.data.percent ?? 0) >= percent;

test('a stopping service leaves the program running and says so, and a cancel after the next start ends it', async () => {
  await service.start();
  const before = await talk(service.client, 'install alpha and update me every 10%');
  await before.log.until('the installer says something', () => before.log.of('call.event')[0]);
  const installer = await installerOf(before.log);
  const { call_id } = before.log.of('call.started')[0]!;
  expect(await service.stop()).toBe(0);
  expect(await isAlive(installer)).toBe(true);
  expect(service.output()).toContain(`(${call_id}) keeps running`);

  await service.start();
  const after = follow(service.client, before.id);
  await after.post(`calls/${call_id}/cancel`);
  await after.log.until('it is cancelled', () => after.log.of('call.cancelled')[0]);
  await expect.poll(() => isAlive(installer), { timeout: 30_000 }).toBe(false);
}, 120_000);
