/**
 * Many programs at once, and a user who chats meanwhile. TOOLS calls of `run_installer` are asked for within one second, in conversations of
 * CALLS_A_CONVERSATION each; in a conversation of its own a user says hello, again and again, before the crowd and while it runs.
 *
 * - hello: from the moment before a message is sent to the end of the reply, as the client hears it. The model takes MODEL_MS.
 * - installers_s: from the first request to the end of the last call. installer_alone_s: the same of a single call.
 * - Each call tells its four quarters, so the service also tells the model of the crowd while the user chats.
 * - cpu_share: of the machine, all of it, while the crowd runs. processes_mb: what all that the calls have started holds in memory
 *   (PSS: shared pages are divided among those who share them), in the middle of the crowd's run; Linux only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watch, type Watcher } from '../../client/watch.ts';
import { startStubModel, type StubRequest } from '../kit/model-server.ts';
import { percentile, ratio } from './figures.ts';
import { type OurService, onGround, WITH_EXTENSIONS } from './ground.ts';
import { meterMachine, memoryOf } from './processes.ts';
import { post } from './service.ts';
import { hellos, startTalk } from './talk.ts';

export const crowdHelp = `npm run bench -- crowd [--tools 40] [--samples 60]
  How long a hello takes while --tools installers run, against how long it takes alone. --samples: hellos alone.`;

const CALLS_A_CONVERSATION = 4;
const MODEL_MS = 20;
const WARM_UP = 20;
/** Every installer takes as long, a little less than 15 seconds. */
const PACKAGE = 'alpha';

export async function crowd(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      tools: { type: 'string', default: '40' },
      samples: { type: 'string', default: '60' },
    },
  });
  const tools = Number(values.tools);
  const model = await startStubModel(answer);
  try {
    return await onGround(async (ground) => {
      const service = await ground.service(model.url, WITH_EXTENSIONS);
      const talk = await startTalk(service);
      await hellos(talk, (taken) => taken < WARM_UP);
      const alone = await hellos(talk, (taken) => taken < Number(values.samples));
      console.log(`hello alone: ${JSON.stringify(figures(alone))}`);
      const installerAlone = await install(service, 1);
      console.log(`an installer alone: ${JSON.stringify(installerAlone)}`);

      const machine = meterMachine();
      let isOver = false;
      const running = install(service, tools).finally(() => {
        isOver = true;
      });
      const amid = sleep(installerAlone * 500).then(() => memoryOf(`${ground.home}/spool`));
      const among = await hellos(talk, () => !isOver);
      const installers = await running;
      await talk.close();
      return {
        bench: 'crowd',
        tools,
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
    });
  } finally {
    await model.close();
  }
}

const figures = (samples: number[]) => ({
  p50_ms: percentile(samples, 50),
  p95_ms: percentile(samples, 95),
});

/** @returns seconds until the last of `tools` calls has ended */
async function install({ base, client }: OurService, tools: number): Promise<number> {
  const begin = performance.now();
  const groups = Array.from({ length: Math.ceil(tools / CALLS_A_CONVERSATION) }, async (_, nth) => {
    const calls = Math.min(CALLS_A_CONVERSATION, tools - nth * CALLS_A_CONVERSATION);
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
  return Math.round(Math.max(...(await Promise.all(groups))) / 100) / 10;
}

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
