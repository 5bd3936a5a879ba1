/** A web application that knows nothing of agents: a console where a release is built and deployed. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Surroundings } from '../example.ts';

interface State {
  colour: 'grey' | 'running' | 'red' | 'green';
  status: string;
  percent: number;
  buttons: string[];
  alert?: string;
  dialog?: { text: string; buttons: string[] };
}

export interface DeployConsole extends Surroundings {
  url: string;
  /** The reference of the run that fails. */
  failure: string;
  /** The reference of the release that is deployed in the end. */
  release: string;
}

const STEPS = ['check out', 'compile', 'test', 'package', 'deploy'];
const KEEP = 'Stay signed in';
const RETRY = 'Retry';

/** @param step_ms how long a step of the build takes */
export async function startConsole({ step_ms = 1_200 } = {}): Promise<DeployConsole> {
  const failure = `RX-${randomInt(1_000, 10_000)}`;
  const release = `VX-${randomInt(1_000, 10_000)}`;
  let state: State = { colour: 'grey', status: 'Nothing runs.', percent: 0, buttons: ['Deploy'] };
  let done = 0;
  let hasFailed = false;
  let timer: NodeJS.Timeout | undefined;

  function build(): void {
    const step = STEPS[done]!;
    const status = `Building: ${step} (step ${done + 1} of ${STEPS.length})`;
    state = { colour: 'running', status, percent: (100 * done) / STEPS.length, buttons: [] };
    timer = setTimeout(next, step_ms);
  }

  /** The session ends during the second step, and the tests fail the first time. */
  function next(): void {
    if (done === 1) {
      const text = 'Your session is about to end, and the build with it.';
      state = { ...state, dialog: { text, buttons: [KEEP, 'Sign out'] } };
    } else if (done === 2 && !hasFailed) {
      hasFailed = true;
      const alert = `Test "checkout" failed in run ${failure}: expected 200, got 503.`;
      state = { ...state, colour: 'red', status: 'The build failed.', alert, buttons: [RETRY] };
    } else goOn();
  }

  function goOn(): void {
    done += 1;
    if (done < STEPS.length) return build();
    const status = `Deployed release ${release}.`;
    state = { colour: 'green', status, percent: 100, buttons: [] };
  }

  function press(button: string | null): void {
    if (button === KEEP && state.dialog) goOn();
    else if (button === 'Sign out' && state.dialog) {
      done = 0;
      state = {
        colour: 'grey',
        status: 'Signed out; the build was stopped.',
        percent: 0,
        buttons: ['Deploy'],
      };
    } else if (button !== null && !state.dialog && state.buttons.includes(button)) build();
  }

  const page = await readFile(new URL('console.html', import.meta.url), 'utf8');
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://console');
    if (pathname === '/press' && request.method === 'POST') press(searchParams.get('button'));
    if (pathname === '/') return response.setHeader('content-type', 'text/html').end(page);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(state));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, failure, release },
    env: {},
    async close() {
      clearTimeout(timer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
