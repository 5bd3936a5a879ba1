/**
 * POST → the model's call begins, for this service and for a bare workflow (signal → activity), side by side on the same
 * Temporal server and against the same stub model. Three processes besides Temporal: the client with the stub, the service,
 * the bare worker. The two take turns, so that noise hits both.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import getPort from 'get-port';
import { MeanwhileClient } from '../client/client.ts';
import { conversationWorkflowId, DEFAULT_TENANT } from '../contract/names.ts';
import { watch } from '../client/watch.ts';
import { createMailbox } from '../testing/mailbox.ts';
import { startStubModel } from '../testing/model-server.ts';
import { startTestTemporal } from '../testing/temporal.ts';
import { percentile, ratio } from './figures.ts';
import { printHistory } from './history.ts';

const WARM_UP = 20;
/** As long as a talk usually is. What a conversation of thousands costs is another bench's question. */
const TURNS_A_CONVERSATION = 20;
const MODEL_LATENCY_MS = 20;
/** Between two turns, so that none begins while the server still works on the one before. */
const REST_MS = 100;

/** Milliseconds from the moment before the message is sent. */
interface Sample {
  /** The sender has its acknowledgement. */
  ack: number;
  /** The stub has the request. */
  model: number;
  /** The workflow has the answer, and the client knows of it. */
  done: number;
}

export async function turn(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { turns: { type: 'string', default: '200' } } });
  const turns = Number(values.turns);
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-bench-'));
  const temporal = await startTestTemporal(console.log);
  const asked = createMailbox<number>('the stub model is asked');
  const stub = await startStubModel(async () => {
    asked.put(performance.now());
    await sleep(MODEL_LATENCY_MS);
    return { text: 'Ok.' };
  });
  const connection = await Connection.connect({ address: temporal.address });
  const temporalClient = new Client({ connection });
  const processes: ChildProcess[] = [];
  try {
    const ours = await startOurs({ address: temporal.address, model: stub.url, home }, processes);
    const bare = await startBare(temporal.address, temporalClient, stub.url, processes);
    const samples = { ours: [] as Sample[], bare: [] as Sample[] };
    for (let i = 0; i < WARM_UP + turns; i++) {
      await sleep(REST_MS);
      const sampleOfOurs = await ours.takeTurn(asked.take, `message ${i}`);
      await sleep(REST_MS);
      const sampleOfBare = await bare.takeTurn(asked.take, `message ${i}`);
      if (i < WARM_UP) continue;
      samples.ours.push(sampleOfOurs);
      samples.bare.push(sampleOfBare);
    }
    await printHistory(temporalClient, ours.current());
    await ours.close();
    return summarise(samples);
  } finally {
    for (const child of processes) await stop(child);
    await connection.close();
    await stub.close();
    await temporal.close();
    await rm(home, { recursive: true, force: true });
  }
}

type Asked = () => Promise<number>;

async function startOurs(
  { address, model, home }: { address: string; model: string; home: string },
  processes: ChildProcess[],
) {
  const port = await getPort();
  const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
  const service = spawn(process.execPath, [main, 'start'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      MEANWHILE_HOME: home,
      TEMPORAL_ADDRESS: address,
      OPENAI_BASE_URL: model,
      OPENAI_API_KEY: 'stub',
    },
  });
  processes.push(service);
  const base = `http://127.0.0.1:${port}`;
  await untilReady(base, service);
  const client = new MeanwhileClient(base);
  let { id, log } = await begin();
  let answers = 0;

  async function begin() {
    const { id } = await client.post('/v1/conversations');
    return { id, log: watch(client, id) };
  }

  async function takeTurn(asked: Asked, words: string): Promise<Sample> {
    if (answers === TURNS_A_CONVERSATION) {
      await log.close();
      ({ id, log } = await begin());
      answers = 0;
    }
    const wanted = ++answers;
    const done = log
      .until(`answer ${wanted}`, () => log.of('reply.completed').length >= wanted)
      .then(() => performance.now());
    const sent = performance.now();
    await post(`${base}/v1/conversations/${id}/messages`, { text: words });
    const ack = performance.now() - sent;
    return { ack, model: (await asked()) - sent, done: (await done) - sent };
  }
  return {
    takeTurn,
    /** Of the conversation that goes on. */
    current: () => ({
      workflowId: conversationWorkflowId({ tenant: DEFAULT_TENANT, id }),
      turns: answers,
    }),
    close: () => log.close(),
  };
}

async function startBare(
  address: string,
  client: Client,
  model: string,
  processes: ChildProcess[],
) {
  const taskQueue = 'bare';
  const program = fileURLToPath(new URL('bare/worker.ts', import.meta.url));
  const worker = fork(program, [address, taskQueue], { execPath: process.execPath });
  processes.push(worker);
  await once(worker, 'message');

  async function takeTurn(asked: Asked, text: string): Promise<Sample> {
    const done = once(worker, 'message').then(() => performance.now());
    const sent = performance.now();
    await client.workflow.signalWithStart('bare', {
      taskQueue,
      workflowId: 'bare',
      args: [model],
      signal: 'message',
      signalArgs: [text],
    });
    const ack = performance.now() - sent;
    return { ack, model: (await asked()) - sent, done: (await done) - sent };
  }
  return { takeTurn };
}

function summarise(samples: { ours: Sample[]; bare: Sample[] }) {
  const figures = (side: Sample[]) => ({
    ack_p50_ms: percentile(
      side.map(({ ack }) => ack),
      50,
    ),
    model_p50_ms: percentile(
      side.map(({ model }) => model),
      50,
    ),
    model_p95_ms: percentile(
      side.map(({ model }) => model),
      95,
    ),
    done_p50_ms: percentile(
      side.map(({ done }) => done),
      50,
    ),
  });
  const [ours, bare] = [figures(samples.ours), figures(samples.bare)];
  return {
    bench: 'turn',
    ours,
    bare,
    model_ratio: ratio(ours.model_p50_ms, bare.model_p50_ms),
    ack_ratio: ratio(ours.ack_p50_ms, bare.ack_p50_ms),
  };
}

const agent = new Agent({ keepAlive: true });

/** As lean as a load generator: what is measured is the service. */
function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      const { statusCode } = response;
      if (statusCode !== 202) reject(new Error(`${url} answered ${statusCode}.`));
      response.resume().once('end', resolve);
    });
    sent.once('error', reject).end(JSON.stringify(body));
  });
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

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
