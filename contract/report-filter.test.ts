import { describe, expect, test } from 'vitest';
import type { Report } from './report.ts';
import { admit, createFilter } from './report-filter.ts';

const every = (percent: number): Report => ({ type: 'percent', every: percent });

/** The steps that are told. A step is a percentage; steps are one second apart unless they have a time. */
function told(report: Report, steps: (number | [percent: number, now: number])[]): number[] {
  let state = createFilter(report, 0);
  return steps.flatMap((step, i) => {
    const [percent, now] = typeof step === 'number' ? [step, i * 1_000] : step;
    const admitted = admit(state, percent, now);
    state = admitted.state;
    return admitted.told ? [percent] : [];
  });
}

describe('every N percent', () => {
  test.each([
    ['each milestone once', every(25), [0, 10, 25, 26, 49, 50, 75, 99, 100], [25, 50, 75, 100]],
    ['a jump over two milestones as one', every(25), [20, 60, 70, 80], [60, 80]],
    ['nothing at the start', every(10), [0, 0, 9.99], []],
    ['100 once when the step does not divide it', every(30), [90, 100, 100], [90, 100]],
    ['only 100 for a step of 100', every(100), [50, 99.9, 100, 100], [100]],
    ['nothing on the way back and up again', every(25), [60, 10, 30, 50, 76], [60, 76]],
    ['fractions of a percent as they are', every(12.5), [12.4, 12.5, 24.9, 25], [12.5, 25]],
  ])('tells %s', (_, report, steps, expected) => {
    expect(told(report, steps)).toEqual(expected);
  });
});

describe('every period of time', () => {
  const minute: Report = { type: 'time', every_ms: 60_000 };

  test('tells a step each full period after the beginning or after the last told step', () => {
    expect(
      told(minute, [
        [1, 0],
        [2, 59_999],
        [3, 70_000],
        [4, 120_000],
        [5, 130_000],
      ]),
    ).toEqual([3, 5]);
  });

  test('tells nothing until a clock that was set back has caught up', () => {
    expect(
      told(minute, [
        [1, -5_000],
        [2, 60_000],
      ]),
    ).toEqual([2]);
  });
});

test('“only the end” tells no progress, not even 100', () => {
  expect(told({ type: 'end' }, [0, 50, 100])).toEqual([]);
});

test('“everything” tells each step, even the same one twice', () => {
  expect(told({ type: 'everything' }, [0, 50, 50, 20, 100])).toEqual([0, 50, 50, 20, 100]);
});

test('a state decides the same after a JSON round trip', () => {
  const { state } = admit(createFilter(every(25), 0), 60, 1_000);
  const travelled = JSON.parse(JSON.stringify(state));
  expect(admit(travelled, 74, 2_000).told).toBe(false);
  expect(admit(travelled, 75, 2_000).told).toBe(true);
});
