/**
 * What a turn costs when a conversation has become long: history, time until the model is asked, and room in the store. One
 * conversation with the real service, short messages, a model that answers at once.
 *
 * A sample is the mean over WINDOW turns around its turn. History is what the workflow has written in the window in all of its
 * runs, so a window in which it continued as new includes what that costs.
 */
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { conversationWorkflowId, DEFAULT_TENANT } from '../../contract/names.ts';
import { createMailbox } from '../kit/mailbox.ts';
import { percentile } from './figures.ts';
import { onGround, type OurService } from './ground.ts';
import { createHistoryMeter, type Grown } from './history-meter.ts';
import { plot } from './plot.ts';
import { startSilentModel } from './silent-model.ts';
import { type NextRequest, startTalk, takeTurn } from './talk.ts';

const SAMPLED = [10, 100, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
/** Turns. */
const WINDOW = 20;
const MODEL_LATENCY_MS = 5;
/** Between two turns: too short for a quiet moment, so the conversation continues as new where it must. */
const REST_MS = 10;

interface Sample {
  turn: number;
  history_bytes: number;
  history_events: number;
  model_p50_ms: number;
  store_bytes: number;
}

export async function growth(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { turns: { type: 'string', default: '5000' }, plot: { type: 'string' } },
  });
  const sampled = SAMPLED.filter((turn) => turn <= Number(values.turns));
  const asked = createMailbox<number>('the model is asked');
  const model = await startSilentModel(asked.put, MODEL_LATENCY_MS);
  try {
    const turns = await onGround(async ({ home, temporal, service }) => {
      const talk = await begin(await service(model.url), temporal, asked.take);
      const samples: Sample[] = [];
      for (const turn of sampled) {
        await talk.upTo(turn - WINDOW / 2);
        const costs = await talk.window();
        const store_bytes = await sizeOf(join(home, 'store'));
        samples.push({ turn, ...costs, store_bytes });
        console.log(JSON.stringify(samples.at(-1)));
      }
      await talk.close();
      printRuns(talk.runs());
      return samples;
    });
    const file = values.plot ?? fileURLToPath(new URL('../../docs/growth.svg', import.meta.url));
    await writeFile(file, await picture(turns));
    console.log(`plotted in ${file}`);
    return { bench: 'growth', turns };
  } finally {
    await model.close();
  }
}

async function begin(service: OurService, temporal: Client, asked: NextRequest) {
  const talk = await startTalk(service);
  const meter = createHistoryMeter(
    temporal,
    conversationWorkflowId({ tenant: DEFAULT_TENANT, id: talk.id }),
  );
  let turns = 0;

  /** @returns milliseconds from the moment before the message is sent to the one in which the model is asked */
  async function takeNextTurn(): Promise<number> {
    await sleep(REST_MS);
    turns += 1;
    const { model } = await takeTurn(talk, asked, `Message ${turns}, please.`);
    // Often enough for the meter, and to show progress.
    if (turns % 100 === 0) {
      const { events, bytes } = await meter.total();
      console.log(`turn ${turns}: ${Math.round(model)} ms, ${events} events, ${bytes} bytes`);
    }
    return model;
  }

  return {
    async upTo(turn: number) {
      while (turns < turn) await takeNextTurn();
    },
    async window(): Promise<Pick<Sample, 'history_bytes' | 'history_events' | 'model_p50_ms'>> {
      // Before the first turn the workflow has begun, which is no turn's doing.
      const before = await meter.total();
      const waits: number[] = [];
      while (waits.length < WINDOW) waits.push(await takeNextTurn());
      const after = await meter.total();
      return {
        history_bytes: Math.round((after.bytes - before.bytes) / WINDOW),
        history_events: Math.round(((after.events - before.events) / WINDOW) * 10) / 10,
        model_p50_ms: percentile(waits, 50),
      };
    },
    runs: meter.runs,
    close: () => talk.close(),
  };
}

function printRuns(runs: Grown[]): void {
  const most = (of: keyof Grown) => Math.max(...runs.map((run) => run[of]));
  console.log(
    `${runs.length} runs of the workflow; the longest has ${most('events')} events, the largest ${most('bytes')} bytes`,
  );
}

/** Bytes of the files in a folder, without the write-ahead log, which has room for more than it holds. */
async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((file) => file.isFile() && !file.parentPath.includes('pg_wal'))
    // One may be gone by now.
    .map((file) =>
      stat(join(file.parentPath, file.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

const picture = (turns: Sample[]) =>
  plot({
    title: 'What a turn costs in a long conversation',
    x: { label: 'turn', values: turns.map(({ turn }) => turn) },
    panels: [
      {
        label: 'history a turn, bytes',
        lines: { history: turns.map(({ history_bytes }) => history_bytes) },
      },
      {
        label: 'message sent until the model is asked, p50, ms',
        lines: { time: turns.map(({ model_p50_ms }) => model_p50_ms) },
      },
    ],
  });
