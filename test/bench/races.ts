/**
 * A payment agent whose user changes their mind while it works, on this service and on a naive loop (naive/workflow.ts: no lock, no
 * debounce, each message and each tool event handled at once by a model call of its own). Same Temporal server, same model, same
 * scripts at the same time. A round is a conversation: a tool starts to tell rates, then come two to four messages, "pay 10 to
 * Ann", "no, pay 20 to Bob", "cancel that"; rates and messages are 0–300 ms apart, from a seed.
 *
 * The model (payment-model.ts) is as good as a model can be: it asks for the payment that the last message it was sent wants, unless
 * it was shown that this has been asked for. What goes wrong is the loop's.
 *
 * - superseded: a payment was made, and before its call was started a later message about the payment had been acknowledged to its
 *   sender. Acknowledged is when the sender has the answer; started is when the workflow decides to run the tool, by its clock, on
 *   both sides. The decision cannot know of anything after that; how many came between that and the money is printed too.
 * - doubled: payments for the same message beyond the first.
 * - missed: the last message wanted a payment and there was none. It shows that a side cannot score well by doing nothing.
 *
 * The ledger of payments is written by the tools themselves, when the money goes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startNaive } from './naive/side.ts';
import { onGround, WITH_EXTENSIONS } from './ground.ts';
import { startOurs } from './our-payments.ts';
import { startPaymentModel } from './payment-model.ts';
import { count, type Counts, type PlayedRound, roundOf } from './payment-round.ts';

export const racesHelp = `npm run bench -- races [--rounds 1000] [--at-once 12] [--seed 1]
  Payments made on a superseded instruction, and those made twice: this service against a naive loop.`;

export async function races(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '1000' },
      'at-once': { type: 'string', default: '12' },
      seed: { type: 'string', default: '1' },
    },
  });
  const rounds = Number(values.rounds);
  const model = await startPaymentModel();
  try {
    return await onGround(async (ground) => {
      const { base, client } = await ground.service(model.url, WITH_EXTENSIONS);
      const ledgers = {
        ours: join(ground.home, 'payments.jsonl'),
        naive: join(ground.home, 'naive.jsonl'),
      };
      const worker = await ground.worker('naive/worker.ts', [ground.address, ledgers.naive]);
      const sides = {
        ours: startOurs(base, client),
        naive: startNaive(ground.temporal, worker, model.url),
      };
      const played = { ours: [] as PlayedRound[], naive: [] as PlayedRound[] };
      let next = 0;
      let failed: unknown;
      const playOn = async () => {
        while (next < rounds && !failed) {
          const round = roundOf(Number(values.seed), next++);
          const [ours, naive] = await Promise.all([
            sides.ours.play(round),
            sides.naive.play(round),
          ]);
          played.ours.push(ours);
          played.naive.push(naive);
          const done = played.ours.length;
          if (done % 50 === 0) console.log(`${done} of ${rounds} rounds`);
        }
      };
      // The rounds that are under way come to their end before everything is taken from under them.
      const lanes = Array.from({ length: Number(values['at-once']) }, playOn);
      await Promise.all(lanes.map((lane) => lane.catch((error: unknown) => (failed ??= error))));
      if (failed) throw failed;
      const ours = count(played.ours, await readLedger(ledgers.ours));
      const naive = count(played.naive, await readLedger(ledgers.naive));
      print('ours', ours);
      print('naive', naive);
      return { bench: 'races', rounds, ours: figures(ours), naive: figures(naive) };
    });
  } finally {
    await model.close();
  }
}

const figures = ({ superseded, doubled }: Counts) => ({ superseded, doubled });

function print(side: string, counts: Counts): void {
  const { superseded, doubled, missed, payments, wanted, overtaken } = counts;
  console.log(
    `${side.padEnd(6)} ${payments} payments in ${wanted} rounds that end with a wish to pay: ${superseded} superseded, ` +
      `${doubled} doubled, ${missed} missed; ${overtaken} more overtaken by a message between the decision and the money`,
  );
}

async function readLedger(file: string) {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { reference: string; call_id: string; at: number });
}
