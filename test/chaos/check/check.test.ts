import { expect, test } from 'vitest';
import { check } from './check.ts';
import { isSound } from './report.ts';
import { soundEvidence } from './sound.ts';

test('the evidence of a faultless run has no findings', () => {
  const report = check(soundEvidence());
  expect(report.findings).toEqual([]);
  expect(isSound(report)).toBe(true);
  expect(report.size).toMatchObject({ conversations: 1, messages: 3, entries: 42, calls: 6 });
});

test('an empty log is reported as lost messages and does not crash the checker', () => {
  const conversations = [{ ...soundEvidence().conversations[0]!, entries: [], followed: [] }];
  const report = check({ ...soundEvidence(), conversations });
  expect(report.counts).toMatchObject({ lost_messages: 3, stuck: 1 });
  expect(isSound(report)).toBe(false);
});
