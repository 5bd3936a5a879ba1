import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { failed, play } from '../../test/kit/played-call.ts';
import { createClaims, createHost } from '../../test/kit/spools.ts';
import { createPatience, heldElsewhere } from './held-elsewhere.ts';
import { createStopProgram } from './stop-program.ts';
import { HeldElsewhere } from '../../tools/keeper/spools.ts';

const conversation = { tenant: 'default', id: 'c' };
const start = { conversation, call_id: 'call_1', tool: 'play', input: {} };

test('a call that is held on another machine is handed back for a while, and then given up', () => {
  let now = 0;
  const isPatient = createPatience(60_000, () => now);
  expect(isPatient('call_1')).toBe(true);
  now = 59_999;
  expect(isPatient('call_1')).toBe(true);
  now = 60_000;
  expect([isPatient('call_1'), isPatient('call_2')]).toEqual([false, true]);
  // The time starts again for a call that comes back after it was given up.
  expect(isPatient('call_1')).toBe(true);
});

test('handing a call back fails the attempt so that Temporal retries it', async () => {
  const claims = createClaims();
  const [one, other] = [createHost(claims), createHost(claims)];
  await one.open(conversation, 'call_1');
  const { end } = play(async (_, call) => call.folder(), { spools: other });
  await expect(end).rejects.toMatchObject({ type: 'HeldElsewhere', nonRetryable: false });
  const stop = (spools: typeof one) =>
    new MockActivityEnvironment().run(
      createStopProgram({ spools, catalogue: { tools: new Map(), agents: new Map() } }),
      start,
    );
  await expect(stop(other)).rejects.toMatchObject({
    type: 'HeldElsewhere',
  });
  await expect(stop(one)).resolves.toBeUndefined();
  expect(heldElsewhere(new HeldElsewhere('Held.'))).toBeInstanceOf(ApplicationFailure);
});

test('the tool gets the same folder in every attempt on its machine', async () => {
  const host = createHost();
  const folder = async () => play(async (_, call) => call.folder(), { spools: host }).end;
  const first = await folder();
  expect(first).toMatchObject({ type: 'completed' });
  expect(await folder()).toEqual(first);
});

test('a folder that has been removed fails the call as lost', async () => {
  const host = createHost();
  await host.open(conversation, 'call_1');
  await rm(join(host.root, 'call_1'), { recursive: true });
  const { end } = play(async (_, call) => call.folder(), { spools: host });
  await expect(end).resolves.toEqual(failed('SpoolLost', /not restarted/));
});
