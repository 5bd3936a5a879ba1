/**
 * Many programs at once, and a user who chats meanwhile. TOOLS calls of `run_installer` are asked for within one second, in conversations of
 * CALLS_A_CONVERSATION each; in a conversation of its own a user says hello, again and again, before the crowd and while it runs.
 *
 * - hello: from the moment before a message is sent to the end of the reply, as the client hears it. The model takes MODEL_MS.
 * - installers_s: from the first request to the end of the last call. installer_alone_s: the same of a single call.
 * - Each call tells its four quarters, so the service also tells the model of the crowd while the user chats.
 * - bare: the same figures of bare workflows, which do the least that is needed: each call is a workflow with an activity that runs the same
 *   program, its quarters are signals, and the model is asked about them. Nothing is written down, and a program ends with its worker.
 * - cpu_share: of the machine, all of it, while the crowd runs. processes_mb: what all that the calls have started holds in memory
 *   (PSS: shared pages are divided among those who share them), in the middle of the crowd's run; Linux only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watch, type Watcher } from '../../client/watch.ts';
import { type Bare, startBare } from './bare/turns.ts';
import { startStubModel, type StubRequest } from '../kit/model-server.ts';
import { percentile, ratio } from './figures.ts';
import { type OurService, onGround, WITH_EXTENSIONS } from './ground.ts';
import { meterMachine, memoryOf } from './processes.ts';
import { post } from './service.ts';
import { type BenchTalk, hellos, startTalk } from './talk.ts';

export const crowdHelp = `npm run bench -- crowd [--tools 40] [--samples 60]
  How long a hello takes while --tools installers run, against how long it takes alone; the same with bare workflows. --samples: hellos alone.`;

const CALLS_A_CONVERSATION = 4;
const MODEL_MS = 20;
const WARM_UP = 20;
/** Every installer takes as long, a little less than 15 seconds. */
const PACKAGE = 'alpha';

interface CrowdSide {
  talk: BenchTalk;
  /** @returns seconds until the last of that many installers has ended */
  install(tools: number): Promise<number>;
}

export async function crowd(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      tools: { type: 'string', default: '40' },
      samples: { type: 'string', default: '60' },
    },
  });
  const tools = Number(values.tools);
  const size = { tools, samples: Number(values.samples) };
  const model = await startStubModel(answer);
  try {
    return await onGround(async (ground) => {
      const service = await ground.service(model.url, WITH_EXTENSIONS);
      const talk = await startTalk(service);
      const memory = () => memoryOf(`${ground.home}/spool`);
      const ours = await measure(
        { talk, install: (many) => install(service, many) },
        { ...size, memory },
      );
      await talk.close();
      const bare = await startBare(ground, model.url);
      const { hello_ratio, hello_p95_ms, hello_alone_p95_ms } = await measure(
        { talk: bare.talk('bare/talk'), install: (many) => installBare(bare, many) },
        size,
      );
      return {
        bench: 'crowd',
        tools,
        ...ours,
        bare: { hello_ratio, hello_p95_ms, hello_alone_p95_ms },
      };
    });
  } finally {
    await model.close();
  }
}

/** @param memory of what the installers hold */
async function measure(
  { talk, install: begin }: CrowdSide,
  { tools, samples, memory }: { tools: number; samples: number; memory?: () => Promise<object> },
) {
  await hellos(talk, (taken) => taken < WARM_UP);
  const alone = await hellos(talk, (taken) => taken < samples);
  console.log(`hello alone: ${JSON.stringify(figures(alone))}`);
  const installerAlone = await begin(1);
  console.log(`an installer alone: ${JSON.stringify(installerAlone)}`);

  const machine = meterMachine();
  let isOver = false;
  const running = begin(tools).finally(() => {
    isOver = true;
  });
  const amid = sleep(installerAlone * 500).then(memory);
  const among = await hellos(talk, () => !isOver);
  const installers = await running;
  return {
    hello_p95_ms: percentile(among, 95),
    hello_alone_p95_ms: percentile(alone, 95),
    hello_ratio: ratio(percentile(among, 95), percentile(alone, 95)),
    hello_p50_ms: percentile(among, 50),
    hello_alone_p50_ms: percentile(alone, 50),
    hellos: among.length,
    installers_s: installers,
    installer_alone_s: installerAlone,
    cpu_share: machine(),
    ...(await amid),
  };
}

const figures = (samples: number[]) => ({
  p50_ms: percentile(samples, 50),
  p95_ms: percentile(samples, 95),
});

/** @returns seconds until the last of `tools` calls has ended */
async function install({ base, client }: OurService, tools: number): Promise<number> {
  const begin = performance.now();
  const groups = groupsOf(tools).map(async (calls) => {
    const { id } = await client.post('/v1/conversations', { agent: 'crowd' });
    const log = watch(client, id);
    try {
      await post(`${base}/v1/conversations/${id}/messages`, { text: `Install ${calls} times.` });
      await log.until(`${calls} installers have ended`, () => ended(log) === calls, 600_000);
      const took = performance.now() - begin;
      await post(`${base}/v1/conversations/${id}/close`, {});
      return took;
    } finally {
      await log.close();
    }
  });
  return seconds(Math.max(...(await Promise.all(groups))));
}

/** @returns seconds until the last of `tools` installers has ended */
async function installBare(bare: Bare, tools: number): Promise<number> {
  const begin = performance.now();
  const groups = groupsOf(tools).map((calls, nth) =>
    bare.install(`bare/crowd/${tools}/${nth}`, calls),
  );
  await Promise.all(groups);
  return seconds(performance.now() - begin);
}

/** How many calls each conversation has. */
const groupsOf = (tools: number): number[] =>
  Array.from({ length: Math.ceil(tools / CALLS_A_CONVERSATION) }, (_, nth) =>
    Math.min(CALLS_A_CONVERSATION, tools - nth * CALLS_A_CONVERSATION),
  );

const seconds = (ms: number) => Math.round(ms / 100) / 10;

/** @throws Error when a call ended otherwise than by an installation */
function ended(log: Watcher): number {
  const failed = log.of('call.failed')[0];
  if (failed) throw new Error(`An installer failed: ${failed.error.message}`);
  return log.of('call.completed').length;
}

async function answer({ messages }: StubRequest) {
  await sleep(MODEL_MS);
  const calls = /^Install (\d+) times/.exec(
    messages.find(({ role }) => role === 'user')!.text,
  )?.[1];
  const isAsked = messages.some((m) => m.role === 'assistant' && m.calls.length > 0);
  if (calls === undefined || isAsked) return { text: 'Ok.' };
  const install = { name: 'run_installer', arguments: JSON.stringify({ package: PACKAGE }) };
  return { text: 'I am on it.', calls: Array.from({ length: Number(calls) }, () => install) };
}
