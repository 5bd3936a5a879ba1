import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FLAGS } from '../../cli/temporal/launch.ts';
import { readConfig, settings } from '../../config.ts';
import { copiedPaths, readCompose, REPOSITORY } from '../kit/compose.ts';

test('the Compose file sets only settings, with values that the service accepts', async () => {
  const { environment } = (await readCompose()).meanwhile;
  expect(Object.keys(settings.shape)).toEqual(expect.arrayContaining(Object.keys(environment)));
  expect(readConfig(environment)).toEqual({
    ...readConfig({}),
    HOST: '0.0.0.0',
    MEANWHILE_HOME: '/data',
    TEMPORAL_ADDRESS: 'temporal:7233',
    DATABASE_URL: 'postgres://meanwhile:meanwhile@postgres:5432/meanwhile',
  });
});

test('the Compose file names one user, password and database', async () => {
  const { meanwhile, postgres } = await readCompose();
  const url = new URL(meanwhile.environment.DATABASE_URL!);
  expect(postgres.environment).toEqual({
    POSTGRES_USER: url.username,
    POSTGRES_PASSWORD: url.password,
    POSTGRES_DB: url.pathname.slice(1),
  });
});

test("the Compose file's Temporal server runs with the flags of the service's own", async () => {
  const { command } = (await readCompose()).temporal;
  expect(command.slice(0, 2)).toEqual(['server', 'start-dev']);
  expect(command).toEqual(expect.arrayContaining(FLAGS));
});

test('the Compose file publishes ports to this machine alone', async () => {
  const { postgres, temporal, meanwhile } = await readCompose();
  expect(postgres.ports).toEqual([]);
  expect(temporal.ports).toEqual(['127.0.0.1:8233:8233']);
  expect(meanwhile.ports).toEqual(['127.0.0.1:3000:3000']);
});

test('every file that the Dockerfile copies exists', async () => {
  const paths = await copiedPaths();
  expect(paths).toContain('cli/');
  expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
});
