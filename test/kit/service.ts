/** The real service as a user starts it: a process of its own, which a test can stop, kill and start again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRecord } from '../../cli/temporal/record.ts';
import { terminate } from '../../cli/processes.ts';
import { signalProcess } from '../../tools/process-group.ts';
import { Meanwhile } from '../../client/meanwhile.ts';
import { settings } from '../../config.ts';
import { stopAllKept } from '../../tools/keeper/attempts.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { guardHome } from './guard-home.ts';
import { createNamespace } from './namespace.ts';
import { removeFolder } from './remove-folder.ts';

export interface TestServiceOptions {
  /** host:port of a Temporal server, on which it gets a namespace of its own. Default: it starts a server of its own. */
  temporal?: string;
  /** Settings beyond PORT, MEANWHILE_HOME and Temporal's. */
  env?: Record<string, string>;
  /** Folder of its program. Default: this repository. */
  folder?: string;
}

export interface TestService {
  /** URL since the latest start: every start has another port. */
  readonly url: string;
  readonly client: Meanwhile;
  readonly home: string;
  /** Temporal namespace. */
  readonly namespace: string;
  readonly pid: number;
  /** All it has printed, in all its starts. */
  output(): string;
  /** On the same home. Resolves when it says that it is ready. */
  start(): Promise<void>;
  /** By SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
  /** SIGKILL for the service alone: its Temporal server and the programs of its tools live on. */
  kill9(): Promise<void>;
  /** SIGKILL for the service and its own Temporal server at once. */
  kill9WithTemporal(): Promise<void>;
  /** For `afterEach`: prints what the service said where a test has failed. */
  explain(test: { task: { result?: { state: string } } }): void;
  /** Leaves no process and no file. */
  remove(): Promise<void>;
}

/** Starts it for the first time. */
export async function startTestService({
  temporal,
  env = {},
  folder = REPOSITORY,
}: TestServiceOptions): Promise<TestService> {
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-e2e-'));
  const guard = guardHome(home);
  await seedBundle(home);
  const namespace = temporal === undefined ? 'default' : await createNamespace(temporal);
  const environment = {
    ...withoutSettings(process.env),
    MEANWHILE_HOME: home,
    PORT: '0',
    TEMPORAL_NAMESPACE: namespace,
    ...(temporal !== undefined && { TEMPORAL_ADDRESS: temporal }),
    ...env,
  };
  let output = '';
  let url = '';
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    // In its home, so that no other .env is read; in its own process group, as in its own terminal.
    const started = spawn(process.execPath, [join(folder, 'cli/meanwhile.js'), 'start'], {
      cwd: home,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    const before = output.length;
    url = await new Promise((resolve, reject) => {
      const onOutput = (text: string) => {
        output += text;
        const ready = /Meanwhile is ready\.[^]*?\bAPI +(\S+)/.exec(output.slice(before));
        if (ready) resolve(ready[1]!);
      };
      for (const stream of [started.stdout, started.stderr])
        stream.setEncoding('utf8').on('data', onOutput);
      started.once('error', reject);
      started.once('close', (code) => reject(new Error(`The service ended (${code}):\n${output}`)));
    });
  }

  /** Signals the whole group and waits for the end. */
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return null;
    const closed = once(ending, 'close');
    signalProcess(-ending.pid!, signal);
    const [code] = await closed;
    return code;
  }

  const service: TestService = {
    get url() {
      return url;
    },
    get client() {
      return new Meanwhile({ baseURL: url, maxRetries: 0 });
    },
    get pid() {
      return child!.pid!;
    },
    home,
    namespace,
    output: () => output,
    start,
    stop: () => end('SIGTERM'),
    async kill9() {
      await end('SIGKILL');
    },
    async kill9WithTemporal() {
      const server = await readRecord(home);
      if (!server) throw new Error('The service has no Temporal server of its own.');
      signalProcess(server.pid, 'SIGKILL');
      await end('SIGKILL');
    },
    explain({ task }) {
      if (task.result?.state === 'fail') console.error(`The service said:\n${output}`);
    },
    async remove() {
      await end('SIGKILL');
      const server = await readRecord(home);
      if (server) await terminate(server);
      await stopPrograms(join(home, 'spool'));
      guard.kill();
      await removeFolder(home);
    },
  };
  try {
    await start();
  } catch (error) {
    await service.remove();
    throw error;
  }
  return service;
}

/** What its tools have started outlives it. */
async function stopPrograms(root: string): Promise<void> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const calls = entries.filter((entry) => entry.isDirectory());
  await Promise.all(calls.map(({ name }) => stopAllKept(join(root, name))));
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The service does not inherit the settings of the user who runs the tests. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(settings.shape));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !own.has(name)));
}

/** Without it every home would bundle the workflows again, which takes seconds. */
async function seedBundle(home: string): Promise<void> {
  const bundle = await workflowBundle('node_modules/.cache/meanwhile');
  if (!('codePath' in bundle)) throw new Error('The bundle is not a file.');
  await mkdir(join(home, 'cache'));
  await cp(bundle.codePath, join(home, 'cache', basename(bundle.codePath)));
}
