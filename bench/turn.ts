/**
 * POST → the model's call begins, for this service and for a bare workflow (signal → activity), side by side on the same
 * Temporal server and against the same stub model. Three processes besides Temporal: the client with the stub, the service,
 * the bare worker. The two take turns, so that noise hits both.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { MeanwhileClient } from '../client/client.ts';
import { conversationWorkflowId, DEFAULT_TENANT } from '../contract/names.ts';
import { watch } from '../client/watch.ts';
import { createMailbox } from '../testing/mailbox.ts';
import { startStubModel } from '../testing/model-server.ts';
import { startTestTemporal } from '../testing/temporal.ts';
import { type Asked, BARE_QUEUE, createBare, type Sample } from './bare/turns.ts';
import { percentile, ratio } from './figures.ts';
import { printHistory } from './history.ts';
import { post, startService, stop } from './service.ts';

const WARM_UP = 20;
/** As long as a talk usually is. What a conversation of thousands costs is another bench's question. */
const TURNS_A_CONVERSATION = 20;
const MODEL_LATENCY_MS = 20;
/** Between two turns, so that none begins while the server still works on the one before. */
const REST_MS = 100;

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

async function startOurs(
  { address, model, home }: { address: string; model: string; home: string },
  processes: ChildProcess[],
) {
  const base = await startService({ address, model, home }, processes);
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
  const program = fileURLToPath(new URL('bare/worker.ts', import.meta.url));
  const worker = fork(program, [address, BARE_QUEUE], { execPath: process.execPath });
  processes.push(worker);
  await once(worker, 'message');
  return createBare(client, worker, model);
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
