/** The service in a process of its own, as its users start it, and the leanest way to send it a message. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { guardHome } from '../kit/guard-home.ts';

/**
 * Resolves when it is ready.
 * @param log file for what it prints; default: the terminal
 * @param settings further ones, such as MEANWHILE_QUIET_MS
 * @param processes gets the process, which is to be stopped at the end, and one that ends it should this one be killed
 * @returns its URL, without a slash at the end
 */
export async function startService(
  {
    address,
    model,
    home,
    settings = {},
    log,
  }: {
    address: string;
    model: string;
    home: string;
    settings?: Record<string, string>;
    log?: string;
  },
  processes: ChildProcess[],
): Promise<string> {
  const port = await getPort();
  const main = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));
  const service = spawn(process.execPath, [...startFlags(), main, 'start'], {
    detached: true,
    stdio: ['ignore', 'ignore', log === undefined ? 'inherit' : openSync(log, 'a')],
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      MEANWHILE_HOME: home,
      TEMPORAL_ADDRESS: address,
      OPENAI_BASE_URL: model,
      OPENAI_API_KEY: 'stub',
      // What is measured is how soon news is told: here it is told as often as there is any.
      MEANWHILE_UNSOLICITED_PER_MINUTE: '1000',
      MEANWHILE_UNSOLICITED_IN_A_ROW: '1000',
      ...settings,
    },
  });
  processes.push(service, guardHome(home));
  const base = `http://127.0.0.1:${port}`;
  await untilReady(base, service);
  return base;
}

/** Node's flags in the script of `npm start`. */
function startFlags(): string[] {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(file) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

const agent = new Agent({ keepAlive: true });

/** As lean as a load generator: what is measured is the service. */
export function post(url: string, body: object, key?: string): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      const { statusCode } = response;
      if (statusCode !== 202) reject(new Error(`${url} answered ${statusCode}.`));
      response.resume().once('end', resolve);
    });
    sent.once('error', reject).end(JSON.stringify(body));
  });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // Otherwise this process would end first.
  child.ref();
  child.kill('SIGTERM');
  await ended;
}

async function untilReady(base: string, service: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (service.exitCode !== null) throw new Error(`The service ended with ${service.exitCode}.`);
    const ready = await fetch(`${base}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    if (Date.now() > deadline) throw new Error(`The service at ${base} did not become ready.`);
    await sleep(100);
  }
}
