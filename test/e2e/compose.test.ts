import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageFile from '../../package.json' with { type: 'json' };
import { FLAGS } from '../../cli/temporal/launch.ts';
import { readConfig, settings } from '../../config.ts';
import { copiedPaths, readCompose, REPOSITORY, schemasIn } from '../kit/compose.ts';
import { SERVER_VERSION } from '../kit/temporal-server.ts';

const { services, configs } = await readCompose();
const { postgres, redis, temporal, api, worker } = services;
const SHARED = {
  MEANWHILE_HOME: '/data',
  TEMPORAL_ADDRESS: 'temporal:7233',
  DATABASE_URL: 'postgres://meanwhile:meanwhile@postgres:5432/meanwhile',
  REDIS_URL: 'redis://redis:6379',
  MEANWHILE_SECRET: expect.stringMatching(/^.{32,}$/) as string,
  HOST: '0.0.0.0',
};

/** Those of `npm start`. */
const NODE_FLAGS = packageFile.scripts.start.split(' ').filter((word) => word.startsWith('--'));

describe('the Compose file', () => {
  test.each([
    ['api', api, { MEANWHILE_ALLOW_NO_KEYS: true }],
    [
      'worker',
      worker,
      {
        MEANWHILE_PROBE_PORT: 3001,
        MEANWHILE_PUBLIC_URL: 'http://api:3000',
        MEANWHILE_DRAIN_MS: 20_000,
      },
    ],
  ])('sets only settings of the %s, with values that it accepts', (_, { environment }, own) => {
    expect(Object.keys(settings.shape)).toEqual(expect.arrayContaining(Object.keys(environment)));
    expect(readConfig(environment)).toEqual({ ...readConfig({}), ...SHARED, ...own });
  });

  test('starts the commands of the service, each with time to stop', () => {
    expect(api.command).toEqual(['node', ...NODE_FLAGS, 'cli/meanwhile.js', 'api']);
    expect(worker.command).toEqual(['node', ...NODE_FLAGS, 'cli/meanwhile.js', 'worker']);
    const { MEANWHILE_DRAIN_MS } = readConfig(worker.environment);
    const seconds = (period?: string) => Number(/^(\d+)s$/.exec(period!)?.[1]);
    expect(seconds(worker.stop_grace_period)).toBeGreaterThanOrEqual(
      MEANWHILE_DRAIN_MS / 1_000 + 15,
    );
    expect(seconds(api.stop_grace_period)).toBeGreaterThanOrEqual(8);
  });

  test('checks the health of each process where it answers', () => {
    expect(api.healthcheck?.test.at(-1)).toContain(
      `http://127.0.0.1:${api.environment.PORT}/readyz`,
    );
    expect(worker.healthcheck?.test.at(-1)).toContain(
      `http://127.0.0.1:${worker.environment.MEANWHILE_PROBE_PORT}/readyz`,
    );
    for (const { depends_on } of [api, worker])
      expect(depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
        'temporal-namespace': { condition: 'service_completed_successfully' },
      });
  });

  test('gives the service a read-only root, and folders where it writes', () => {
    for (const { read_only, tmpfs } of [api, worker])
      expect([read_only, tmpfs[0]]).toEqual([true, '/tmp']);
    expect(api.tmpfs).toContain('/data:mode=1777');
    expect(worker.volumes).toEqual(['meanwhile:/data']);
  });

  test('names one user and password', () => {
    const url = new URL(readConfig(api.environment).DATABASE_URL!);
    const [user, password] = [url.username, url.password];
    expect(postgres.environment).toEqual({
      POSTGRES_USER: user,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: url.pathname.slice(1),
    });
    expect(temporal.environment).toMatchObject({ POSTGRES_USER: user, POSTGRES_PWD: password });
    expect(services['temporal-schema'].environment).toMatchObject({
      SQL_USER: user,
      SQL_PASSWORD: password,
      SQL_PLUGIN: temporal.environment.DB,
    });
  });

  test('has a Temporal cluster of the version that is tested, with schemas, and the settings of the service’s own server', () => {
    expect(temporal.image).toBe(`temporalio/server:${SERVER_VERSION}`);
    const tools = `temporalio/admin-tools:${SERVER_VERSION}-`;
    for (const name of ['temporal-schema', 'temporal-namespace'] as const)
      expect(services[name].image.startsWith(tools)).toBe(true);
    expect(schemasIn(services['temporal-schema'])).toEqual({
      temporal: 'postgresql/v12/temporal',
      temporal_visibility: 'postgresql/v12/visibility',
    });
    const dynamic = FLAGS.flatMap((flag) => {
      const [, name, value] = /^--dynamic-config-value=([^=]+)=(.+)$/.exec(flag) ?? [];
      return name ? [[name, [{ value: JSON.parse(value!) as unknown }]] as const] : [];
    });
    expect(dynamic).toHaveLength(4);
    expect(parse(configs['temporal-dynamic'].content)).toEqual(Object.fromEntries(dynamic));
  });

  test('publishes ports to this machine alone', () => {
    const ports = Object.fromEntries(
      Object.entries(services).map(([name, one]) => [name, one.ports]),
    );
    expect(ports).toEqual({
      postgres: [],
      redis: [],
      'temporal-schema': [],
      temporal: [],
      'temporal-namespace': [],
      'temporal-ui': ['127.0.0.1:8233:8080'],
      api: ['127.0.0.1:3000:3000'],
      worker: [],
    });
  });

  test('pins every image to a version', () => {
    const images = Object.values(services).map(({ image }) => image);
    for (const image of images.filter((name) => name !== 'meanwhile'))
      expect(image).toMatch(/^[\w/-]+:[^:]*\d+\.\d+/);
  });

  test('has a Redis that keeps nothing', () => {
    expect(redis.command).toEqual(['redis-server', '--save', '', '--appendonly', 'no']);
  });
});

describe('the Dockerfile', async () => {
  const file = await readFile(join(REPOSITORY, 'Dockerfile'), 'utf8');

  test('copies files that exist', async () => {
    const paths = await copiedPaths();
    expect(paths).toContain('cli/');
    expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
  });

  test('copies every folder that the package is compiled from', async () => {
    const { include } = JSON.parse(
      await readFile(join(REPOSITORY, 'tsconfig.build.json'), 'utf8'),
    ) as { include: string[] };
    const copied = (await copiedPaths()).map((path) => path.replace(/\/$/, ''));
    expect(copied).toEqual(expect.arrayContaining(include));
  });

  test('pins a Node that the package supports, and does not run as root', () => {
    const bases = [...file.matchAll(/^FROM node:(\d+\.\d+\.\d+)-/gm)].map(([, version]) => version);
    expect(bases).toHaveLength(3);
    expect(new Set(bases).size).toBe(1);
    const [, oldest] = />=(\d+)/.exec(packageFile.engines.node)!;
    expect(Number.parseInt(bases[0]!)).toBeGreaterThanOrEqual(Number(oldest));
    expect(file.lastIndexOf('\nUSER node\n')).toBeGreaterThan(file.lastIndexOf('\nFROM '));
    expect(file).not.toMatch(/^(ENV|ARG) .*(KEY|SECRET|PASSWORD|_URL)/m);
  });
});
