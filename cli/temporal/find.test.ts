import { expect, test, vi } from 'vitest';
import { firstFound, TemporalNotFound, type TemporalSource } from './find.ts';

test('the first source that has a server is used, and later ones are not tried', async () => {
  const later = vi.fn<TemporalSource['find']>();
  const found = await firstFound(
    [source('PATH', { missing: 'not there' }), source('cache', { command: '/c/temporal' })].concat({
      name: 'download',
      find: later,
    }),
    () => {},
  );
  expect(found).toBe('/c/temporal');
  expect(later).not.toHaveBeenCalled();
});

test('a source that fails is reported and skipped', async () => {
  const lines: string[] = [];
  const failing: TemporalSource = {
    name: 'Download',
    find: () => Promise.reject(new Error('temporal.download answered 403')),
  };
  const found = await firstFound([failing, source('Build', { command: 'built' })], (line) =>
    lines.push(line),
  );
  expect(found).toBe('built');
  expect(lines).toEqual(['Download: temporal.download answered 403']);
});

test('a source that has no server is skipped without a message', async () => {
  const log = vi.fn<(line: string) => void>();
  await firstFound([source('a', { missing: 'not there' }), source('b', { command: 'b' })], log);
  expect(log).not.toHaveBeenCalled();
});

test('if no source has a server, the error says what to do and what was tried', async () => {
  const search = firstFound(
    [source('on PATH', { missing: 'is too old' }), source('Download', { missing: 'blocked' })],
    () => {},
  );
  const error = await search.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(TemporalNotFound);
  const { message } = error as TemporalNotFound;
  expect(message).toMatch(/Install the Temporal CLI .* on PATH/);
  expect(message).toMatch(/Put its executable here: .*temporal-cli-\d/);
  expect(message).toMatch(/set TEMPORAL_ADDRESS/);
  expect(message).toMatch(/- on PATH: is too old\n {2}- Download: blocked$/);
});

function source(name: string, found: Awaited<ReturnType<TemporalSource['find']>>): TemporalSource {
  return { name, find: () => Promise.resolve(found) };
}
