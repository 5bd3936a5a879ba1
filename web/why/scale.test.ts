import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scaleOf } from './scale.ts';

const moments = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 50 });

test('a later moment never stands left of an earlier one', () => {
  fc.assert(
    fc.property(moments, fc.array(fc.integer({ min: 0, max: 12_000_000 })), (given, asked) => {
      const scale = scaleOf(given);
      const places = asked.toSorted((a, b) => a - b).map((at) => scale.x(at));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }),
  );
});

test('a day without events takes little room and is named as a pause', () => {
  const day = 24 * 60 * 60 * 1_000;
  const { width, pauses, x } = scaleOf([0, 1_000, day, day + 1_000]);
  expect(width).toBeLessThan(200);
  expect(pauses).toMatchObject([{ from: 1_000, to: day }]);
  expect(x(day / 2)).toBeGreaterThan(x(1_000));
});

test('the first moment right of a place is found', () => {
  fc.assert(
    fc.property(moments, fc.nat(5_000), (given, place) => {
      const scale = scaleOf(given);
      const expected = scale.times.findIndex((time) => scale.x(time) >= place);
      expect(scale.firstFrom(place)).toBe(expected === -1 ? scale.times.length : expected);
    }),
  );
});

test('a timeline without moments has no width', () => {
  expect(scaleOf([])).toMatchObject({ width: 0, pauses: [] });
  expect(scaleOf([]).x(5)).toBe(0);
});
