import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { startPostgresServer, type TestPostgresServer } from '../testing/postgres.ts';
import { startTestService, type TestService } from '../testing/service.ts';
import { follow, talk } from '../testing/talk.ts';

let postgres: TestPostgresServer;
let service: TestService;
beforeAll(async () => {
  postgres = await startPostgresServer();
  service = await startTestService({
    temporal: inject('temporalAddress'),
    env: { DATABASE_URL: postgres.url },
  });
});
afterEach((test) => service.explain(test));
afterAll(async () => {
  await service.remove();
  await postgres.stop();
});

test('what is said while the database is away is taken, and answered when it is back', async () => {
  const { id, say, replied, head } = await talk(service.client, 'hello');
  await replied(1);

  process.kill(postgres.pid()!, 'SIGKILL');
  // What served the connections ends a moment after it.
  await vi.waitFor(() => expect(head()).rejects.toMatchObject({ status: 500 }), 10_000);
  await say('what is a signal in Temporal?');

  await postgres.restart();
  const { log, replied: repliedAfter } = follow(service.client, id);
  expect(await repliedAfter(2)).toMatchObject({ text: expect.stringContaining('A signal in') });
  expect(log.entries.map(({ seq }) => seq)).toEqual(log.entries.map((_, i) => i + 1));
  expect(log.of('message.user')).toHaveLength(2);
});
