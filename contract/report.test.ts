import { describe, expect, test } from 'vitest';
import { parseReport, reportOf } from './report.ts';

describe('a report in words', () => {
  test.each([
    ['every 25 percent', { type: 'percent', every: 25 }],
    ['every 25%', { type: 'percent', every: 25 }],
    ['Every 25 %', { type: 'percent', every: 25 }],
    ['update every 25%', { type: 'percent', every: 25 }],
    ['Please tell me every 10 percent.', { type: 'percent', every: 10 }],
    ['progress every 12.5 percent', { type: 'percent', every: 12.5 }],
    ['every percent', { type: 'percent', every: 1 }],
    ['every 100 percent', { type: 'percent', every: 100 }],
    ['every minute', { type: 'time', every_ms: 60_000 }],
    ['EVERY MINUTE', { type: 'time', every_ms: 60_000 }],
    ['each minute', { type: 'time', every_ms: 60_000 }],
    ['every 30 seconds', { type: 'time', every_ms: 30_000 }],
    ['every 10s', { type: 'time', every_ms: 10_000 }],
    ['every  2   mins', { type: 'time', every_ms: 120_000 }],
    ['report every 0.5 minutes', { type: 'time', every_ms: 30_000 }],
    ['every hour', { type: 'time', every_ms: 3_600_000 }],
    ['every 3 hours', { type: 'time', every_ms: 10_800_000 }],
    ['only the end', { type: 'end' }],
    ['only at the end', { type: 'end' }],
    ['tell me at the end', { type: 'end' }],
    ['end', { type: 'end' }],
    ['when done', { type: 'end' }],
    ['Only when it is finished.', { type: 'end' }],
    ['every event', { type: 'everything' }],
    ['everything', { type: 'everything' }],
    ['update me every step', { type: 'everything' }],
    ['all', { type: 'everything' }],
  ])('%j is understood', (text, report) => {
    expect(parseReport(text)).toEqual(report);
  });

  test.each([
    '',
    ' ',
    'percent',
    'at 50%',
    'every 0 percent',
    'every 0.5 percent',
    'every 101 percent',
    'every -5 percent',
    'every 0 seconds',
    'every 100 milliseconds',
    'every 1e3 seconds',
    'every 25 percent and every minute',
    'every now and then',
    'not at the end',
    'please',
    'update',
    'every 99999999999999999999999999999999 percent',
    `every ${'9'.repeat(400)} hours`,
    `every minute${'.'.repeat(300)}`,
  ])('%j is not understood', (text) => {
    expect(parseReport(text)).toBeUndefined();
  });
});

test.each([
  ['every minute', 'only the end', { type: 'time', every_ms: 60_000 }],
  ['whenever you like', 'only the end', { type: 'end' }],
  [undefined, undefined, { type: 'percent', every: 25 }],
])('“%s” and a tool that declares “%s” give the first report that can be parsed', (...given) => {
  const [asked, declared, report] = given;
  expect(reportOf(asked, declared)).toEqual(report);
});
