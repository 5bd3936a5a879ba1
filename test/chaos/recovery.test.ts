import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FaultEvidence } from './evidence.ts';
import { createRecovery } from './recovery.ts';
import type { ChaosTalk } from './workload.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const talk = { id: 'conv', owed: true, isGone: false, follower: { isOver: false } };
const talks = () => [talk as unknown as ChaosTalk];
const fault = (kind: FaultEvidence['kind'], target: string): FaultEvidence => ({
  kind,
  target,
  at: Date.now(),
  moment: 'random',
});
const move = (recovery: ReturnType<typeof createRecovery>) =>
  recovery.moved(talk as unknown as ChaosTalk);

test('a killed worker is measured from its kill until the conversation goes on', () => {
  const recovery = createRecovery(talks);
  recovery.done(fault('kill', 'worker'));
  vi.advanceTimersByTime(700);
  move(recovery);
  move(recovery);
  expect(recovery.recoveries).toEqual([
    { after: 'kill: worker', conversation: 'conv', at: 1_000_000, ms: 700 },
  ]);
});

test('a frozen database is measured from when it is back, and its absence is in no other figure', () => {
  const recovery = createRecovery(talks);
  const frozen = fault('freeze', 'database');
  recovery.done(fault('kill', 'worker'));
  vi.advanceTimersByTime(100);
  recovery.done(frozen);
  vi.advanceTimersByTime(9_000);
  recovery.healed(frozen);
  vi.advanceTimersByTime(200);
  move(recovery);
  expect(recovery.recoveries.map(({ after, ms }) => [after, ms])).toEqual([
    ['kill: worker', 300],
    ['freeze: database', 200],
  ]);
});

test('a worker that stands still, and a server that starves, stop no clock', () => {
  const recovery = createRecovery(talks);
  recovery.done(fault('kill', 'worker'));
  recovery.done(fault('freeze', 'worker'));
  recovery.done(fault('starve', 'temporal'));
  vi.advanceTimersByTime(5_000);
  move(recovery);
  expect(recovery.recoveries.map(({ ms }) => ms)).toEqual([5_000, 5_000]);
});
