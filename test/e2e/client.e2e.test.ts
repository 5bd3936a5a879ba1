/** The client package as its users have it: one object that outlives any service. */
import getPort from 'get-port';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Meanwhile, type StreamItem } from '../../client/index.ts';
import { startTestService, type TestService } from '../kit/service.ts';

let service: TestService;
let m: Meanwhile;
beforeAll(async () => {
  const PORT = String(await getPort());
  service = await startTestService({ env: { PORT } });
  m = new Meanwhile({ baseURL: service.url, maxRetries: 50 });
});
afterEach((test) => service.explain(test));
afterAll(() => service.remove());

test('a follower sees every entry once, even if the service is killed, stopped and restarted', async () => {
  const c = await m.conversations.create({
    message: { text: 'install beta and update me every 25%' },
  });
  const items: StreamItem[] = [];
  let lost = 0;
  const probes = new Set<() => void>();
  const following = (async () => {
    const onConnection = ({ status }: { status: string }) => {
      if (status === 'lost') lost += 1;
    };
    for await (const item of c.follow({ onConnection })) {
      items.push(item);
      for (const probe of probes) probe();
    }
  })();
  const until = (holds: () => boolean) =>
    Promise.race([
      new Promise<void>((resolve) => {
        const probe = () => {
          if (!holds()) return;
          probes.delete(probe);
          resolve();
        };
        probes.add(probe);
        probe();
      }),
      following.then(() => Promise.reject(new Error('The stream ended.'))),
    ]);
  const isAt = (percent: number) => () =>
    c.state().calls.some((call) => (call.percent ?? 0) >= percent);

  await until(isAt(25));
  await service.kill9();
  // Sent while nobody listens: it is said once all the same.
  const question = c.send('what is a signal in Temporal?');
  await service.start();
  const { message_id } = await question;
  await until(() => c.state().messages.some(({ text }) => /A signal in Temporal is/.test(text)));
  await service.stop();
  await service.start();
  await until(() => c.state().calls.some(({ status }) => status === 'completed'));
  await until(() => c.state().messages.some(({ text }) => text.includes('beta is installed.')));
  expect(c.state()).toMatchObject({ open: [], approvals: [] });
  await c.close();
  await following;

  expect(lost).toBeGreaterThanOrEqual(2);
  const seqs: number[] = [];
  for (const item of items) {
    if (item.type === 'rewind') seqs.length = item.data.to;
    if (item.type === 'entry') seqs.push(item.data.seq);
  }
  expect(seqs).toEqual(seqs.map((_, nth) => nth + 1));
  const log = [];
  for await (const entry of c.entries()) log.push(entry);
  const { entries, messages, status, calls } = c.state();
  expect(entries).toEqual(log);
  expect(status).toBe('closed');
  expect(messages.filter(({ id }) => id === message_id)).toHaveLength(1);
  const head = await c.head();
  expect(calls.map((call) => [call.id, call.status])).toEqual(
    head.calls.map((call) => [call.id, call.status]),
  );
});
