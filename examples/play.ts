/** Plays an example: starts what is around it and a service with its tools, talks, and checks the log. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTranscript } from '../cli/demo/transcript.ts';
import { isDemo } from '../cli/model.ts';
import { openTogether, type Running, type StartOptions } from '../cli/stack.ts';
import { startService } from '../cli/start.ts';
import { Meanwhile } from '../client/meanwhile.ts';
import { watch } from '../client/watch.ts';
import type { Settings } from '../config.ts';
import { installRuntime } from '../worker/runtime.ts';
import type { Example, Surroundings } from './example.ts';
import { startScripted } from './scripted.ts';
import { createTalk } from './talk.ts';

export interface DemoOutcome {
  conversation: string;
  /** `played`: the story reached its end. If it did not, that is the only check. */
  checks: { check: string; problems: string[] }[];
}

export interface DemoStage extends Running {
  /** URL of the service. */
  url: string;
  world: Surroundings;
}

/** Starts the surroundings, the model and the service of an example, in a folder of its own that is removed at the end. */
export const startStage = (
  example: Example,
  settings: Settings,
  options: StartOptions,
): Promise<DemoStage> =>
  openTogether(options, async ({ log, signal }, stack) => {
    const made = mkdtemp(join(tmpdir(), `meanwhile-${example.name}-`));
    const home = await stack.opening('The folder', made, (path) =>
      rm(path, { recursive: true, force: true }),
    );
    const world: Surroundings = await stack.opening('The surroundings', example.open(home), (w) =>
      w.close(),
    );
    // Examples cause warnings on purpose. Only the operator of a real service should read those.
    installRuntime('ERROR');
    // The tools run in this process.
    Object.assign(process.env, world.env);
    const model = isDemo(settings)
      ? await stack.opening('The model', startScripted(example), (m) => m.close())
      : undefined;
    const starting = startService(
      {
        ...settings,
        ...{ PORT: 0, HOST: '127.0.0.1', MEANWHILE_HOME: join(home, 'service') },
        ...{ MEANWHILE_EXTENSIONS: example.folder, MEANWHILE_MCP: undefined },
        ...(model && { OPENAI_BASE_URL: model.url, OPENAI_MODEL: 'demo' }),
        ...example.settings,
      },
      { log, signal },
    );
    const { url, failed, kill } = await stack.opening('The service', starting, (s) => s.close());
    return { url, world, failed, kill };
  });

/** @param patience_ms how long the model may take for one step */
export async function playExample(
  example: Example,
  { url, world }: Pick<DemoStage, 'url' | 'world'>,
  { print, patience_ms = 60_000 }: { print: (text: string) => void; patience_ms?: number },
): Promise<DemoOutcome> {
  const client = new Meanwhile({ baseURL: url });
  const conversation = await client.conversations.create({ agent: example.name });
  const transcript = createTranscript(print);
  const log = watch(client, conversation.id, (item) => {
    transcript.show(item);
    talk.receive(item);
  });
  const talk = createTalk({ conversation, log }, { patience_ms });
  const outcome = { conversation: conversation.id };
  try {
    await example.play(talk, world);
    const checked = Object.entries(example.checks).map(([check, ask]) => ({
      check,
      problems: ask(log.entries, world),
    }));
    return { ...outcome, checks: [{ check: 'played', problems: [] }, ...checked] };
  } catch (error) {
    return { ...outcome, checks: [{ check: 'played', problems: [(error as Error).message] }] };
  } finally {
    await log.close();
    transcript.end();
  }
}
