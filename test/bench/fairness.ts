/**
 * Two tenants of one service. One asks for CALLS calls at once, in conversations of CALLS_A_CONVERSATION each; the other chats: before the
 * flood, while it lasts, and after it. Each call works for JOB_MS. A tenant may run --running of them at once, as docs/operate.md advises.
 *
 * - A turn: from the moment before the message is sent to the end of the reply, as the client hears it. The model takes MODEL_MS. A turn
 *   takes longer the more was said before it, and while the flood lasts there are many: so each conversation has TURNS_A_TALK turns.
 * - alone_p50_ms: of the turns before and after. flooded_p50_ms: of those between the first request of the flood and the end of its last call.
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Meanwhile } from '../../client/meanwhile.ts';
import { type StubRequest, startStubModel } from '../kit/model-server.ts';
import { percentile, ratio } from './figures.ts';
import { type OurService, onGround, WITH_EXTENSIONS } from './ground.ts';
import { meterMachine } from './processes.ts';
import { hellos, startTalk } from './talk.ts';

export const fairnessHelp = `npm run bench -- fairness [--calls 1000] [--samples 60] [--running 5]
  How long a tenant's turns take while another tenant floods the service with --calls calls, against how long they take alone.
  --samples: turns alone, before and again after. --running: MEANWHILE_MAX_RUNNING_PER_TENANT; 0: no limit.`;

const CALLS_A_CONVERSATION = 10;
const JOB_MS = 500;
const MODEL_MS = 20;
const WARM_UP = 20;
const TURNS_A_TALK = 30;
const LOOK_MS = 2_000;
const ENTRIES_A_CALL = 3;
const PATIENCE_MS = 900_000;

export async function fairness(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: 'string', default: '1000' },
      samples: { type: 'string', default: '60' },
      running: { type: 'string', default: '5' },
    },
  });
  const calls = Number(values.calls);
  const samples = Number(values.samples);
  const model = await startStubModel(answer);
  try {
    return await onGround(async (ground) => {
      const service = await ground.service(model.url, {
        ...WITH_EXTENSIONS,
        // Otherwise a model would be told of each call by itself, which is another bench.
        MEANWHILE_UNSOLICITED_PER_MINUTE: '6',
        ...(values.running !== '0' && { MEANWHILE_MAX_RUNNING_PER_TENANT: values.running }),
      });
      const quiet = await signIn(service, ground.home, 'quiet');
      const loud = await signIn(service, ground.home, 'loud');
      await chat(quiet, (taken) => taken < WARM_UP);
      const before = await chat(quiet, (taken) => taken < samples);
      console.log(`before: ${JSON.stringify(figures(before))}`);

      const machine = meterMachine();
      const begun = performance.now();
      let isOver = false;
      const flooding = flood(loud, calls).finally(() => {
        isOver = true;
      });
      const flooded = await chat(quiet, () => !isOver);
      await flooding;
      const flood_s = Math.round((performance.now() - begun) / 100) / 10;
      const cpu_share = machine();
      console.log(`flooded: ${JSON.stringify(figures(flooded))}`);
      const after = await chat(quiet, (taken) => taken < samples);
      console.log(`after: ${JSON.stringify(figures(after))}`);
      const alone = percentile([...before, ...after], 50);
      return {
        bench: 'fairness',
        alone_p50_ms: alone,
        flooded_p50_ms: percentile(flooded, 50),
        ratio: ratio(percentile(flooded, 50), alone),
        alone_p95_ms: percentile([...before, ...after], 95),
        flooded_p95_ms: percentile(flooded, 95),
        before_p50_ms: percentile(before, 50),
        after_p50_ms: percentile(after, 50),
        turns: flooded.length,
        calls,
        flood_s,
        cpu_share,
      };
    });
  } finally {
    await model.close();
  }
}

const figures = (samples: number[]) => ({
  turns: samples.length,
  p50_ms: percentile(samples, 50),
  p95_ms: percentile(samples, 95),
});

/**
 * As `hellos`, in one conversation after the other.
 * @returns all turns but the first of each, in which the conversation itself begins
 */
async function chat(service: OurService, isWanted: (taken: number) => boolean): Promise<number[]> {
  const samples: number[] = [];
  while (isWanted(samples.length)) {
    const talk = await startTalk(service, PATIENCE_MS);
    await hellos(talk, (taken) => taken < 1);
    const more = (taken: number) => taken < TURNS_A_TALK - 1 && isWanted(samples.length + taken);
    samples.push(...(await hellos(talk, more)));
    await talk.close();
  }
  return samples;
}

/** Begins all conversations at once. Resolves when all their calls have ended. */
async function flood({ base, key }: OurService, calls: number): Promise<void> {
  const client = new Meanwhile({ baseURL: base, apiKey: key });
  const count = Math.ceil(calls / CALLS_A_CONVERSATION);
  const jobsOf = (nth: number) =>
    Math.min(CALLS_A_CONVERSATION, calls - nth * CALLS_A_CONVERSATION);
  await Promise.all(
    Array.from({ length: count }, (_, nth) =>
      client.conversations.create({
        agent: 'flood',
        message: { text: `Work ${jobsOf(nth)} times.` },
      }),
    ),
  );
  // Without streams: a hundred of them would be another load than that of calls.
  for (;;) {
    await sleep(LOOK_MS);
    const { conversations } = await client.conversations.list({ limit: count });
    // Each call has three entries or more, and its end is the last of them.
    const least =
      ENTRIES_A_CALL * Math.min(...Array.from({ length: count }, (_, nth) => jobsOf(nth)));
    const isOver = conversations.every(
      ({ status, last_seq }) => status === 'idle' && last_seq >= least,
    );
    if (isOver && conversations.length === count) return;
  }
}

async function signIn({ base }: OurService, home: string, tenant: string): Promise<OurService> {
  const command = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));
  const args = [command, 'keys', 'create', '--name', tenant, '--tenant', tenant];
  const env = { PATH: process.env['PATH'], MEANWHILE_HOME: home };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: home, env });
  const key = stdout.trim();
  return { base, key, client: new Meanwhile({ baseURL: base, apiKey: key, maxRetries: 0 }) };
}

async function answer({ messages }: StubRequest) {
  await sleep(MODEL_MS);
  const jobs = /^Work (\d+) times/.exec(messages.find(({ role }) => role === 'user')!.text)?.[1];
  const isAsked = messages.some((m) => m.role === 'assistant' && m.calls.length > 0);
  if (jobs === undefined || isAsked) return { text: 'Ok.' };
  const calls = Array.from({ length: Number(jobs) }, (_, nth) => ({
    name: 'job',
    arguments: JSON.stringify({ nth, ms: JOB_MS }),
  }));
  return { text: 'I am on it.', calls };
}
