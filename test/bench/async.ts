/**
 * The same plans of 1, 2, 4 and 8 independent calls, with a user who goes on talking, on this service and on this service made to
 * block. All calls of a plan take equally long. The two differ in this and nothing else:
 *
 * - async: the agent `parallel` has room for every call of the plan (max_running 8; the default is 3). The user writes when he likes.
 * - blocking: the agent `blocking` runs one call at a time (max_running 1) and says nothing before the last one is over (grace_ms one
 *   hour). Since a user's message always wins here, what he writes meanwhile is held back by his client until the plan is
 *   told, as a chat window does whose input is locked: he waits from when he wanted to write.
 *
 * A plan's time goes from its message to the end of the reply that has told the last result. A wait goes from when the user wants to
 * write to the end of the reply that answers. He wants to as often in both, every CHAT_MS until the plan is told. The model
 * takes MODEL_MS for each reply.
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watch, type Watcher } from '../../client/watch.ts';
import { startStubModel, type StubRequest } from '../kit/model-server.ts';
import { percentile, ratio } from './figures.ts';
import { type OurService, onGround, WITH_EXTENSIONS } from './ground.ts';
import { plot } from './plot.ts';
import { post } from './service.ts';

export const asyncHelp = `npm run bench -- async [--repeats 3] [--call-ms 5000] [--plot FILE.svg]
  Plans of 1, 2, 4 and 8 calls with a chatting user, on this service and on the same service with blocking calls.`;

const PLANS = [1, 2, 4, 8];
const CHAT_MS = 1_000;
const MODEL_MS = 300;

type Agent = 'parallel' | 'blocking';

interface Run {
  total_ms: number;
  longest_wait_ms: number;
}

interface Plan {
  calls: number;
  async_ms: number;
  blocking_ms: number;
  /** Of the times: blocking to async. */
  ratio: number;
  longest_wait_async_ms: number;
  longest_wait_blocking_ms: number;
}

export async function asynchronous(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      repeats: { type: 'string', default: '3' },
      'call-ms': { type: 'string', default: '5000' },
      plot: { type: 'string' },
    },
  });
  const stub = await startStubModel(answer);
  try {
    const plans = await onGround(async (ground) => {
      const ours = await ground.service(stub.url, WITH_EXTENSIONS);
      const ms = Number(values['call-ms']);
      const repeats = Number(values.repeats);
      // The first conversation of a worker is slower than any after it.
      await run(ours, { agent: 'parallel', calls: 1, ms: 100 });
      const measured: Plan[] = [];
      for (const calls of PLANS) {
        const runs: Record<Agent, Run[]> = { parallel: [], blocking: [] };
        for (let nth = 0; nth < repeats; nth += 1) {
          // One of each at a time: noise hits both, and a plan waits for its own calls only, not for those of its repetitions.
          const [parallel, blocking] = await Promise.all([
            run(ours, { agent: 'parallel', calls, ms }),
            run(ours, { agent: 'blocking', calls, ms }),
          ]);
          runs.parallel.push(parallel);
          runs.blocking.push(blocking);
        }
        measured.push(summarise(calls, runs));
        console.log(JSON.stringify(measured.at(-1)));
      }
      return measured;
    });
    if (values.plot) await writeFile(values.plot, await draw(plans));
    return { bench: 'async', plans };
  } finally {
    await stub.close();
  }
}

async function run(
  { base, client }: OurService,
  { agent, calls, ms }: { agent: Agent; calls: number; ms: number },
): Promise<Run> {
  const { id } = await client.post('/v1/conversations', { agent });
  const url = `${base}/v1/conversations/${id}`;
  const log = watch(client, id);
  try {
    const begin = performance.now();
    await post(`${url}/messages`, { text: `Work ${calls} times for ${ms} ms.` });
    let isTold = false;
    const told = log
      .until(`${calls} results are told`, () => resultsTold(log) === calls, calls * ms + 60_000)
      .then(() => {
        isTold = true;
        return performance.now() - begin;
      });
    const waits: Promise<number>[] = [];
    for (let nth = 1; ; nth += 1) {
      await Promise.race([sleep(CHAT_MS), told]);
      if (isTold) break;
      waits.push(chat({ url, log }, `Chat ${nth}.`, agent === 'blocking' ? told : undefined));
    }
    const longest = Math.max(0, ...(await Promise.all(waits)));
    await post(`${url}/close`, {});
    return { total_ms: await told, longest_wait_ms: longest };
  } finally {
    await log.close();
  }
}

/** @returns how long the user waited for the answer */
async function chat(
  { url, log }: { url: string; log: Watcher },
  text: string,
  held?: Promise<unknown>,
): Promise<number> {
  const wanted = performance.now();
  await held;
  await post(`${url}/messages`, { text });
  await log.until(`${text} is answered`, () => isAnswered(log, text));
  return performance.now() - wanted;
}

/** By a reply that began after it and came to its end. */
function isAnswered(log: Watcher, text: string): boolean {
  const message = log.of('message.user').find((entry) => entry.text === text);
  const replies = log.of('reply.started').filter(({ seq }) => message && seq > message.seq);
  const completed = new Set(log.of('reply.completed').map(({ reply_id }) => reply_id));
  return replies.some(({ reply_id }) => completed.has(reply_id));
}

/** Results that a reply has told to its end. */
function resultsTold(log: Watcher): number {
  const ends = new Set(log.of('call.completed').map(({ seq }) => seq));
  const told = log.of('receipt').flatMap(({ of }) => of);
  return told.filter((seq) => ends.has(seq)).length;
}

async function answer({ messages }: StubRequest) {
  await sleep(MODEL_MS);
  const plan = messages.find(({ text }) => text.startsWith('Work'))?.text ?? '';
  const [, calls, ms] = /^Work (\d+) times for (\d+) ms/.exec(plan) ?? [];
  const isAsked = messages.some((m) => m.role === 'assistant' && m.calls.length > 0);
  if (!calls || isAsked) return { text: 'I see.' };
  const jobs = Array.from({ length: Number(calls) }, (_, nth) => ({
    name: 'job',
    arguments: JSON.stringify({ nth: nth + 1, ms: Number(ms) }),
  }));
  return { text: 'I am on it.', calls: jobs };
}

function summarise(calls: number, { parallel, blocking }: Record<Agent, Run[]>): Plan {
  const median = (runs: Run[], what: keyof Run) =>
    percentile(
      runs.map((taken) => taken[what]),
      50,
    );
  const times = {
    async_ms: median(parallel, 'total_ms'),
    blocking_ms: median(blocking, 'total_ms'),
  };
  return {
    calls,
    ...times,
    ratio: ratio(times.blocking_ms, times.async_ms),
    longest_wait_async_ms: median(parallel, 'longest_wait_ms'),
    longest_wait_blocking_ms: median(blocking, 'longest_wait_ms'),
  };
}

function draw(plans: Plan[]): Promise<string> {
  const seconds = (of: (plan: Plan) => number) => plans.map((plan) => of(plan) / 1_000);
  return plot({
    title: 'Independent calls with a chatting user',
    x: { label: 'calls of the plan', values: plans.map(({ calls }) => calls) },
    panels: [
      {
        label: 'time of the plan, s',
        lines: {
          async: seconds(({ async_ms }) => async_ms),
          blocking: seconds(({ blocking_ms }) => blocking_ms),
        },
      },
      {
        label: 'longest wait of the user, s',
        lines: {
          async: seconds(({ longest_wait_async_ms }) => longest_wait_async_ms),
          blocking: seconds(({ longest_wait_blocking_ms }) => longest_wait_blocking_ms),
        },
      },
    ],
  });
}
