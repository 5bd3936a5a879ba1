/**
 * POST → the model's call begins, for this service and for a bare workflow (signal → activity), side by side on the same
 * Temporal server and against the same stub model. Three processes besides Temporal: the client with the stub, the service,
 * the bare worker. The two take turns, so that noise hits both. Once without speculative start, once with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { conversationWorkflowId, DEFAULT_TENANT } from '../../contract/names.ts';
import { createMailbox } from '../kit/mailbox.ts';
import { startStubModel } from '../kit/model-server.ts';
import { startBare } from './bare/turns.ts';
import { percentile, ratio } from './figures.ts';
import { onGround, type OurService } from './ground.ts';
import { printHistory } from './history.ts';
import { type NextRequest, type Sample, startTalk, takeTurn } from './talk.ts';

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
    const { figures } = await compare(turns, asked.take, stub.url, {
      MEANWHILE_SPECULATE: 'false',
    });
    const early = await compare(turns, asked.take, stub.url, { MEANWHILE_SPECULATE: 'true' });
    return {
      bench: 'turn',
      ...figures,
      speculated: { ...early.figures, ...early.guesses },
    };
  } finally {
    await stub.close();
  }
}

/** Our service with these settings against the bare workflow. */
async function compare(
  turns: number,
  asked: NextRequest,
  model: string,
  settings: Record<string, string>,
) {
  return onGround(async (ground) => {
    const service = await ground.service(model, settings);
    const ours = await talkOn(service);
    const bare = (await startBare(ground, model)).talk('bare');
    const samples = { ours: [] as Sample[], bare: [] as Sample[] };
    for (let i = 0; i < WARM_UP + turns; i++) {
      await sleep(REST_MS);
      const sampleOfOurs = await ours.takeTurn(asked, `message ${i}`);
      await sleep(REST_MS);
      const sampleOfBare = await takeTurn(bare, asked, `message ${i}`);
      if (i < WARM_UP) continue;
      samples.ours.push(sampleOfOurs);
      samples.bare.push(sampleOfBare);
    }
    await printHistory(ground.temporal, ours.current());
    await ours.close();
    return { figures: summarise(samples), guesses: await guessesOf(service) };
  });
}

async function guessesOf({ base }: OurService) {
  const metrics = await (await fetch(`${base}/metrics`)).text();
  const count = (outcome: string) =>
    Number(
      new RegExp(`^meanwhile_guesses_total\\{outcome="${outcome}"\\} (\\d+)`, 'm').exec(
        metrics,
      )?.[1],
    );
  return { adopted: count('adopted'), refused: count('refused') };
}

/** One talk after the other. */
async function talkOn(service: OurService) {
  let talk = await startTalk(service);
  let turns = 0;
  return {
    async takeTurn(asked: NextRequest, text: string): Promise<Sample> {
      if (turns === TURNS_A_CONVERSATION) {
        await talk.close();
        talk = await startTalk(service);
        turns = 0;
      }
      turns += 1;
      return takeTurn(talk, asked, text);
    },
    /** Of the conversation that goes on. */
    current: () => ({
      workflowId: conversationWorkflowId({ tenant: DEFAULT_TENANT, id: talk.id }),
      turns,
    }),
    close: () => talk.close(),
  };
}

function summarise(samples: { ours: Sample[]; bare: Sample[] }) {
  const at = (side: Sample[], figure: keyof Sample, share: number) =>
    percentile(
      side.map((sample) => sample[figure]),
      share,
    );
  const figures = (side: Sample[]) => ({
    ack_p50_ms: at(side, 'ack', 50),
    model_p50_ms: at(side, 'model', 50),
    model_p95_ms: at(side, 'model', 95),
    word_p50_ms: at(side, 'word', 50),
    done_p50_ms: at(side, 'done', 50),
  });
  const [ours, bare] = [figures(samples.ours), figures(samples.bare)];
  return {
    ours,
    bare,
    model_ratio: ratio(ours.model_p50_ms, bare.model_p50_ms),
    ack_ratio: ratio(ours.ack_p50_ms, bare.ack_p50_ms),
    // The model takes the same time on both sides.
    first_word_ratio: ratio(
      ours.word_p50_ms - MODEL_LATENCY_MS,
      bare.word_p50_ms - MODEL_LATENCY_MS,
    ),
  };
}
