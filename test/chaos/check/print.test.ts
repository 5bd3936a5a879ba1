import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import { documentRun } from './document.ts';
import { closingLine, print } from './print.ts';
import { COUNTS } from './report.ts';
import { BEGAN, soundEvidence } from './sound.ts';
import { spreadOf } from './spread.ts';

const sound = soundEvidence();

test('the last line of a run has its figures, in the order that scripts expect', () => {
  expect(closingLine(sound, check(sound))).toBe(
    '{"chaos":true,"kills":1,"kinds":{"kill":1,"freeze":0,"partition":0,"operator":0,"starve":0},"seed":7,"lost_messages":0,"lost_news":0,"missing_entries":0,"doubled_entries":0,' +
      '"doubled_effects":0,"unended_calls":0,"programs_left":0,"stuck":0,"excused":0,"recovery_p50_ms":200,"recovery_p95_ms":400}',
  );
});

test('a run without measurements has no times', () => {
  const evidence = { ...sound, recoveries: [], ledger: [] };
  expect(closingLine(evidence, check(evidence))).toMatch(/"recovery_p50_ms":null/);
  expect(print(check(evidence))).toMatch(/output of a program waits +\| 0 +\| – +\| –/);
});

test('a percentile is one of the samples', () => {
  expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ samples: 5, p50: 3, p95: 5 });
  expect(spreadOf([7])).toEqual({ samples: 1, p50: 7, p95: 7 });
  expect(spreadOf([])).toEqual({ samples: 0 });
});

test('the wait of output is measured from the effect of a program to the next entry of its call', () => {
  // Steps of call_a at its own events; one of call_b after its end waits for nothing.
  expect(check(sound).output_waits).toEqual({ samples: 2, p50: 0, p95: 0 });
  const [first, ...rest] = sound.ledger;
  const ledger = [{ ...first!, at: first!.at - 700 }, ...rest];
  expect(check({ ...sound, ledger }).output_waits).toEqual({ samples: 2, p50: 0, p95: 700 });
});

test('a report names every count, the place of each finding, and the reason of each excuse', () => {
  const evidence = structuredClone(sound);
  const { entries } = evidence.conversations[0]!;
  Object.assign(entries[39]!, {
    kind: 'call.failed',
    error: { type: 'KeeperLost', message: 'Its keeper is gone.' },
  });
  evidence.conversations[0]!.followed = structuredClone(entries);
  evidence.faults.push({ kind: 'kill', at: BEGAN, target: 'keeper', moment: 'random' });
  evidence.ledger.push({ ...evidence.ledger[0]!, pid: 101 });
  const text = print(check(evidence));
  for (const count of Object.keys(COUNTS)) expect(text).toContain(`| ${count}`);
  expect(text).toContain('\ndoubled_effects: 1\n  conv_1: "step 1" of call_a');
  expect(text).toContain('    conv_1 #40: call_c failed as KeeperLost: Its keeper is gone.');
  expect(text).toMatch(/\| kill +\| keeper +\| random +\| 1 +\|/);
  expect(text).toContain('calls that failed: 1 KeeperLost.');
});

test('a report cuts off a long list of findings and says how many more there are', () => {
  const programs = Array.from({ length: 25 }, (_, i) => ({ pid: i + 1, command: 'install' }));
  const text = print(check({ ...sound, programs }), 3);
  expect(text).toContain('Process 3 still runs');
  expect(text).not.toContain('Process 4 still runs');
  expect(text).toContain('… and 22 more');
});

test('a run replaces the previous one in the document', () => {
  const document = 'before\n<!-- run -->\nNo run.\n<!-- /run -->\nafter\n';
  const once = documentRun(document, sound, check(sound));
  expect(once).toMatch(/^before\n<!-- run -->\nSeed 7, 1 faults: 1 conversations, 3 messages/);
  expect(once).not.toContain('No run.');
  expect(once).toMatch(/<!-- \/run -->\nafter\n$/);
  expect(documentRun(once, sound, check(sound))).toBe(once);
  expect(() => documentRun('nothing', sound, check(sound))).toThrow(/has no <!-- run -->/);
});

test('docs/reliability.md has a place for the run, and explains every count', () => {
  const page = readFileSync('docs/reliability.md', 'utf8');
  expect(documentRun(page, sound, check(sound))).toContain('Seed 7');
  for (const count of Object.keys(COUNTS)) expect(page).toContain(`\`${count}\``);
});
