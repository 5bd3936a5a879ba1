import { describe, expect, test } from 'vitest';
import { chartIn } from './chart.ts';

const bars = [
  { label: 'Europe', value: 543 },
  { label: 'Asia', value: -2.5 },
];

test('a chart is read from a result, without fields that it does not have', () => {
  const chart = { title: 'People', unit: 'people', bars: [{ ...bars[0], colour: 'red' }], on: 1 };
  expect(chartIn({ rows: 3, chart })).toEqual({
    title: 'People',
    unit: 'people',
    bars: [{ label: 'Europe', value: 543 }],
  });
  expect(chartIn({ chart: { title: 'People', bars } })).toEqual({ title: 'People', bars });
});

describe('a result has no chart', () => {
  test.each<[string, unknown]>([
    ['that is not an object', 'chart'],
    ['that is null', null],
    ['without one', { title: 'People', bars }],
    ['whose chart is a text', { chart: 'People' }],
    ['whose title is missing', { chart: { bars } }],
    ['whose title is blank', { chart: { title: ' ', bars } }],
    ['whose title is too long', { chart: { title: 'P'.repeat(201), bars } }],
    ['whose unit is not a text', { chart: { title: 'People', unit: 3, bars } }],
    ['without bars', { chart: { title: 'People', bars: [] } }],
    ['whose bars are an object', { chart: { title: 'People', bars: { length: 1 } } }],
    ['with too many bars', { chart: { title: 'People', bars: Array(25).fill(bars[0]) } }],
    ['with a bar that is null', { chart: { title: 'People', bars: [null] } }],
    [
      'with a label that is not a text',
      { chart: { title: 'People', bars: [{ label: 1, value: 1 }] } },
    ],
    ['with a value that is a text', { chart: { title: 'P', bars: [{ label: 'a', value: '1' }] } }],
    ['with an infinite value', { chart: { title: 'P', bars: [{ label: 'a', value: Infinity }] } }],
    ['whose chart is inherited', Object.create({ chart: { title: 'People', bars } })],
  ])('%s', (_, result) => {
    expect(chartIn(result)).toBeUndefined();
  });
});
