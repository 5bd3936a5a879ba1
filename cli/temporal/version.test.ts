import { expect, test } from 'vitest';
import { officialUrl } from './download.ts';
import { checkTemporal, judgeVersion } from './version.ts';

test.each([
  ['temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)', '1.29.1'],
  ['temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)', '1.29.1'],
  ['temporal version 2.0.0 (Server 1.100.0, UI 3.0.0)', '1.100.0'],
  ['temporal version 1.3.0 (Server 1.27.0, UI 2.36.0)', '1.27.0'],
])('%s is accepted', (printed, server) => {
  expect(judgeVersion(printed)).toEqual({ usable: true, server });
});

test('an old server is refused, and the reason names both versions', () => {
  expect(judgeVersion('temporal version 0.10.0 (Server 1.20.0, UI 2.9.0)')).toEqual({
    usable: false,
    why: 'is too old (server 1.20.0, wanted 1.27.0 or newer)',
  });
});

test('another program called temporal is refused', () => {
  expect(judgeVersion('temporal 3.2: calendars')).toEqual({
    usable: false,
    why: 'is not the Temporal CLI ("temporal 3.2: calendars")',
  });
});

test('a command that does not exist is reported as missing', async () => {
  expect(await checkTemporal('/nowhere/temporal')).toEqual({ usable: false, why: 'not there' });
});

test('a program that fails is reported as not running', async () => {
  expect(await checkTemporal('false')).toMatchObject({
    usable: false,
    why: expect.stringMatching(/^does not run \(.*exit code 1/) as string,
  });
});

test.each([
  ['linux', 'x64', 'platform=linux&arch=amd64'],
  ['darwin', 'arm64', 'platform=darwin&arch=arm64'],
  ['win32', 'x64', 'platform=windows&arch=amd64'],
] as const)('the official build for %s %s', (system, processor, query) => {
  expect(officialUrl(system, processor)).toBe(
    `https://temporal.download/cli/archive/v1.5.1?${query}`,
  );
});

test('other machines have no official build', () => {
  expect(officialUrl('freebsd', 'x64')).toBeUndefined();
  expect(officialUrl('linux', 'riscv64')).toBeUndefined();
});
