/** The wall clocks of an API and a worker jump an hour ahead and two hours back. What waits is measured by clocks that do not jump. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { Meanwhile } from '../../client/meanwhile.ts';
import { fakedClock, type FakedAnswers } from '../kit/faked-host.ts';
import { type FleetProcess, startFleetProcess } from '../kit/fleet-process.ts';
import { startStubModel } from '../kit/model-server.ts';
import { createNamespace } from '../kit/namespace.ts';
import { startPostgres } from '../kit/postgres.ts';
import { reading } from '../kit/reading.ts';

const LONG = { timeout: 60_000, interval: 100 };
const JUMPS = ['+3600', '-3600', '+0'];

let client: Meanwhile;
let processes: FleetProcess[];
/** By role: its clock, and a URL that answers with it. */
const clocks: Record<string, { clock: FakedAnswers; url: string }> = {};
const begun: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-clock-'));
  begun.push(() => rm(folder, { recursive: true }));
  const postgres = await startPostgres();
  begun.push(() => postgres.stop());
  const model = await startStubModel(({ messages }) => ({
    text: `You said: ${messages.at(-1)!.text}`,
  }));
  begun.push(() => model.close());
  const address = inject('temporalAddress');
  const settings = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: await createNamespace(address),
    DATABASE_URL: postgres.url,
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'none',
    MEANWHILE_SECRET: 'the secret of a service that is only tested',
    MEANWHILE_MAX_REQUESTS_PER_MINUTE: '100000',
  };
  const start = async (role: 'api' | 'worker', ready: RegExp, port: string) => {
    const clock = fakedClock(join(folder, role));
    await clock.set('+0');
    const url = `http://127.0.0.1:${await getPort()}`;
    clocks[role] = { clock, url };
    const own = { ...settings, ...clock.settings, [port]: new URL(url).port };
    const started = await startFleetProcess({ name: role, role, ready, settings: own });
    begun.push(() => started.remove());
    return started;
  };
  processes = await Promise.all([
    start('api', /The API is ready/, 'PORT'),
    start('worker', /The worker is ready/, 'MEANWHILE_PROBE_PORT'),
  ]);
  client = new Meanwhile({ baseURL: clocks.api!.url, maxRetries: 60 });
}, 180_000);
afterEach(({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const { output } of processes) console.error(output());
});
afterAll(async () => {
  for (const end of begun.toReversed()) await end();
});

test.each(['api', 'worker'])(
  'when the clock of the %s jumps, messages are answered, in order, and a stream that was open shows all of it',
  async (role) => {
    const { clock, url } = clocks[role]!;
    const conversation = await client.conversations.create({ message: { text: 'Hello.' } });
    const seen = reading(conversation);
    const answers = ['You said: Hello.'];
    await expect.poll(seen.completed, LONG).toEqual(answers);
    for (const offset of JUMPS) {
      await clock.set(offset);
      await expect.poll(() => offsetOf(url), LONG).toBeCloseTo(Number(offset), -2);
      await conversation.send(`At ${offset}?`);
      answers.push(`You said: At ${offset}?`);
      await expect.poll(seen.completed, LONG).toEqual(answers);
    }
    await seen.stop();
    expect(seen.wrong).toEqual([]);
  },
);

/** Seconds by which a process's clock is ahead of ours: it is in the headers of its answers. */
async function offsetOf(url: string): Promise<number> {
  const { headers } = await fetch(`${url}/healthz`);
  return (Date.parse(headers.get('date')!) - Date.now()) / 1_000;
}
