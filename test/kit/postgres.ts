/** A throw-away PostgreSQL for tests and benches, with fsync on. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import getPort from 'get-port';
import pg from 'pg';
import { signalProcess } from '../../tools/process-group.ts';
import { stopWithThisProcess } from './stop-with-this-process.ts';
import { removeFolder } from './remove-folder.ts';

export interface TestPostgres {
  url: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface TestPostgresServer extends TestPostgres {
  /** Id of the server process, for instance to kill it. Undefined once it has died. */
  pid(): number | undefined;
  /** Suspends all of its processes: it accepts connections and does not answer. */
  freeze(): void;
  /** It goes on where it stood. */
  thaw(): void;
  /** On the same port with the same data. What still runs is killed first, as by a crash. */
  restart(): Promise<void>;
}

/**
 * An empty database: on the server of TEST_DATABASE_URL where that is set, else on a server of its own.
 * @throws Error that says what to install, or what the server said.
 */
export function startPostgres(): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  return given ? createDatabase(given) : startPostgresServer();
}

/**
 * A server that may be killed: on a free port of 127.0.0.1, in a temporary folder.
 * @throws Error that says what to install, or what the server said.
 */
export async function startPostgresServer(): Promise<TestPostgresServer> {
  const binaries = findBinaries();
  const user = serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-postgres-'));
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid!);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: 'C' } };
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'meanwhile', '--auth=trust', '--encoding=UTF8', '--no-sync'],
    { ...options, stdio: ['ignore', 'ignore', 'inherit'] },
  );

  const port = await getPort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=`];
  const start = async (): Promise<ChildProcess> => {
    const server = spawn(
      join(binaries, 'postgres'),
      ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    stopWithThisProcess(server, folder, 'QUIT');
    await ready(server);
    return server;
  };

  let server = await start();
  return {
    url: `postgres://meanwhile@127.0.0.1:${port}/postgres`,
    pid: () => (alive(server) ? server.pid : undefined),
    freeze: () => signalAll(server, 'SIGSTOP'),
    thaw: () => signalAll(server, 'SIGCONT'),
    async restart() {
      await end(server, 'SIGKILL');
      server = await again(start);
    },
    async stop() {
      signalAll(server, 'SIGCONT');
      await end(server, 'SIGINT');
      await removeFolder(folder);
    },
  };
}

async function createDatabase(given: string): Promise<TestPostgres> {
  const name = `meanwhile_test_${randomBytes(6).toString('hex')}`;
  await administer(given, `create database ${name}`);
  const url = new URL(given);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    stop: () => administer(given, `drop database ${name} with (force)`),
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The newest installed version that can make a data folder. PATH wins. */
function findBinaries(): string {
  const byVersion = (folders: string[]) =>
    folders.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...byVersion(globSync(['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin'])),
    ...byVersion(globSync('/{opt/homebrew,usr/local}/opt/postgresql{,@*}/bin')),
    ...byVersion(globSync('/Applications/Postgres.app/Contents/Versions/*/bin')),
  ];
  const found = folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  );
  if (!found) {
    throw new Error(
      'These tests need PostgreSQL 13 or newer: install it (Debian, Ubuntu: apt-get install postgresql; ' +
        'macOS: brew install postgresql), or set TEST_DATABASE_URL to a server where databases may be created.',
    );
  }
  return found;
}

/** PostgreSQL refuses to run as root: then as the user that its package made. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch (error) {
    throw new Error(
      'PostgreSQL does not run as root, and there is no user "postgres" to run it as: add one (useradd postgres), or run the tests as another user.',
      { cause: error },
    );
  }
}

/** The processes that served a killed server's connections hold its memory until they notice; it does not start before. */
async function again(start: () => Promise<ChildProcess>): Promise<ChildProcess> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === 50 || !String(error).includes('is still in use')) throw error;
    }
  }
}

/** Resolves when it takes connections. After a crash that includes its recovery. */
async function ready(server: ChildProcess): Promise<void> {
  let said = '';
  server.stderr!.setEncoding('utf8');
  // Read on to the end: a server whose pipe is full stands still.
  const accepts = new Promise<void>((resolve) => {
    server.stderr!.on('data', (chunk: string) => {
      said = (said + chunk).slice(-10_000);
      if (said.includes('ready to accept connections')) resolve();
    });
  });
  const died = once(server, 'close').then(() => {
    throw new Error(`PostgreSQL did not start:\n${said}`);
  });
  await Promise.race([accepts, died]);
  // From here on its exit is not a failure to start.
  died.catch(() => {});
}

/** The server, and what it started to serve each connection. */
function signalAll(server: ChildProcess, signal: NodeJS.Signals): void {
  if (!alive(server)) return;
  // It first, so that it starts no others meanwhile.
  server.kill(signal);
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  for (const pid of children.split(' ').filter(Boolean)) signalProcess(Number(pid), signal);
}

const alive = (server: ChildProcess) => server.exitCode === null && server.signalCode === null;

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!alive(server)) return;
  const exited = once(server, 'exit');
  server.kill(signal);
  await exited;
}
