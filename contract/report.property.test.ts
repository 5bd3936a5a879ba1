import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseReport, type Report } from './report.ts';
import { admit, createFilter } from './report-filter.ts';

const reports: fc.Arbitrary<Report> = fc.oneof(
  fc.record({
    type: fc.constant('percent' as const),
    every: fc.double({ min: 1, max: 100, noNaN: true }),
  }),
  fc.record({
    type: fc.constant('time' as const),
    every_ms: fc.integer({ min: 1_000, max: 10_000_000 }),
  }),
  fc.constant({ type: 'end' as const }),
  fc.constant({ type: 'everything' as const }),
);
const percents = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 200 });

function run(report: Report, steps: number[]): number[] {
  let state = createFilter(report, 0);
  return steps.filter((percent, i) => {
    const admitted = admit(state, percent, i * 700);
    state = JSON.parse(JSON.stringify(admitted.state));
    return admitted.told;
  });
}

test('a whole percentage is understood, however it is written', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom('%', ' %', ' percent', ' PERCENT'),
      fc.constantFrom('', 'update ', 'please tell me '),
      (every, unit, polite) => {
        expect(parseReport(`${polite}every ${every}${unit}`)).toEqual({ type: 'percent', every });
      },
    ),
  );
});

test('no text makes the parser throw, and every parsed report is valid', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `every ${text}`),
      ),
      (text) => {
        const report = parseReport(text);
        if (report?.type === 'percent') expect(report.every).toBeGreaterThanOrEqual(1);
        if (report?.type === 'time') expect(report.every_ms).toBeGreaterThanOrEqual(1_000);
      },
    ),
  );
});

test('every N percent tells at most 100 / N + 1 steps, each higher than the one before', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 100, noNaN: true }), percents, (every, steps) => {
      const told = run({ type: 'percent', every }, steps);
      expect(told.length).toBeLessThanOrEqual(Math.floor(100 / every) + 1);
      told.slice(1).forEach((percent, i) => expect(percent).toBeGreaterThan(told[i]!));
    }),
  );
});

test('every N percent tells a step once it has reached N, and is never more than N late', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 100, noNaN: true }), percents, (every, steps) => {
      const highest = Math.max(0, ...steps);
      const lastTold = run({ type: 'percent', every }, steps).at(-1) ?? 0;
      expect(highest - lastTold).toBeLessThan(every);
    }),
  );
});

test('a filter tells the same when it is stored and restored at any point', () => {
  fc.assert(
    fc.property(reports, percents, (report, steps) => {
      let state = createFilter(report, 0);
      const straight = steps.filter((percent, i) => {
        const admitted = admit(state, percent, i * 700);
        state = admitted.state;
        return admitted.told;
      });
      expect(run(report, steps)).toEqual(straight);
    }),
  );
});
