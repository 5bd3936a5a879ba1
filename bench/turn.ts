/**
 * POST → the model's call begins, for this service and for a bare workflow (signal → activity), side by side on the same
 * Temporal server and against the same stub model. Three processes besides Temporal: the client with the stub, the service,
 * the bare worker. The two take turns, so that noise hits both.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watch } from '../client/watch.ts';
import { conversationWorkflowId, DEFAULT_TENANT } from '../contract/names.ts';
import { createMailbox } from '../testing/mailbox.ts';
import { startStubModel } from '../testing/model-server.ts';
import { type Asked, type Sample, startBare } from './bare/turns.ts';
import { percentile, ratio } from './figures.ts';
import { onGround, type OurService } from './ground.ts';
import { printHistory } from './history.ts';
import { post } from './service.ts';

const WARM_UP = 20;
/** As long as a talk usually is. What a conversation of thousands costs is another bench's question. */
const TURNS_A_CONVERSATION = 20;
const MODEL_LATENCY_MS = 20;
/** Between two turns, so that none begins while the server still works on the one before. */
const REST_MS = 100;

export async function turn(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { turns: { type: 'string', default: '200' } } });
  const turns = Number(values.turns);
  const asked = createMailbox<number>('the stub model is asked');
  const stub = await startStubModel(async () => {
    asked.put(performance.now());
    await sleep(MODEL_LATENCY_MS);
    return { text: 'Ok.' };
  });
  try {
    return await onGround(async (ground) => {
      const ours = await talkWith(await ground.service(stub.url));
      const bare = await startBare(ground, stub.url);
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
      await printHistory(ground.temporal, ours.current());
      await ours.close();
      return summarise(samples);
    });
  } finally {
    await stub.close();
  }
}

async function talkWith({ base, client }: OurService) {
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
