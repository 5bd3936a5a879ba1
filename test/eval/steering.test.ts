import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSteering, type Steering } from './steering.ts';

let steering: Steering;
beforeEach(async () => {
  steering = await startSteering();
});
afterEach(() => steering.close());

const step = async (path: string) => (await fetch(`${steering.url}/${path}`)).json();

test('a step waits for a later reader, and a repeated request gets the same step', async () => {
  steering.send('call_1', { type: 'result', data: 1 });
  steering.send('call_1', { type: 'end', data: 2 });
  expect(await step('call_1/2')).toEqual({ type: 'end', data: 2 });
  expect(await step('call_1/1')).toEqual({ type: 'result', data: 1 });
  expect(await step('call_1/1')).toEqual({ type: 'result', data: 1 });
});

test('an early reader waits only for its own call', async () => {
  const asked = step('call_2/1');
  steering.send('call_1', { type: 'end', data: 1 });
  steering.send('call_2', { type: 'end', data: 2 });
  expect(await asked).toEqual({ type: 'end', data: 2 });
});
