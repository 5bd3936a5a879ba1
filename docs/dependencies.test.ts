import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openAdvisories, unacceptedLicences } from './dependencies.ts';

const lock = (packages: Record<string, object>) => ({
  packages: {
    '': { license: 'MIT' },
    'node_modules/caniuse-lite': { license: 'CC-BY-4.0' },
    'node_modules/unionfs': {},
    ...packages,
  },
});

test('every package that users install has a licence that is accepted, or excepted with a reason', () => {
  expect(unacceptedLicences(JSON.parse(readFileSync('package-lock.json', 'utf8')))).toEqual([]);
});

test.each([
  ['MIT', []],
  ['Apache-2.0 AND MIT', []],
  ['(GPL-3.0 OR MIT)', []],
  ['GPL-3.0', ['b: GPL-3.0']],
  ['MIT AND GPL-3.0', ['b: MIT AND GPL-3.0']],
  [undefined, ['b: no licence']],
])('a package with the licence %s is accepted or reported', (license, found) => {
  expect(unacceptedLicences(lock({ 'node_modules/a/node_modules/b': { license } }))).toEqual(found);
});

test('the licence of a package that only we use does not matter', () => {
  expect(unacceptedLicences(lock({ 'node_modules/a': { license: 'GPL-3.0', dev: true } }))).toEqual(
    [],
  );
});

test('an exception that no package needs is reported', () => {
  expect(unacceptedLicences({ packages: {} })).toEqual([
    'caniuse-lite: its exception is no longer needed',
    'unionfs: its exception is no longer needed',
  ]);
});

test('an advisory counts once, if its severity is high', () => {
  const advisory = (id: string, severity: string) => ({
    ...{ url: `https://github.com/advisories/${id}`, title: 'It leaks', severity },
  });
  const via = [advisory('GHSA-1', 'high'), advisory('GHSA-2', 'low')];
  expect(
    openAdvisories({
      vulnerabilities: {
        leaky: { severity: 'high', via },
        user: { severity: 'high', via: ['leaky', ...via] },
      },
    }),
  ).toEqual([expect.stringContaining('It leaks (high, https://github.com/advisories/GHSA-1)')]);
});
