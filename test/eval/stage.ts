/** Everything that stands around an evaluation: a service with the evaluation's tools, what steers them, and the model. */
import { fileURLToPath } from 'node:url';
import { createStack, type Stack } from '../../cli/stack.ts';
import { Meanwhile } from '../../client/meanwhile.ts';
import type { Settings } from '../../config.ts';
import { startTestService } from '../kit/service.ts';
import type { Run } from './arguments.ts';
import type { Habit } from './models/habits.ts';
import { startScriptedModels } from './models/server.ts';
import { startSteering, type Steering } from './steering.ts';

export interface EvalStage {
  /** URL of the service. */
  url: string;
  steering: Steering;
  model: string;
  close(): Promise<void>;
}

/** The folder with the evaluation's tools and its agent. */
export const EXTENSIONS = fileURLToPath(new URL('extensions', import.meta.url));

/** @throws Error whose message says what to do, where a running service has no such tools */
export async function openStage(run: Run, settings: Settings): Promise<EvalStage> {
  // A whole service closes in it, part by part.
  const stack = createStack(60_000);
  try {
    return { ...(await openParts(run, settings, stack)), close: () => stack.close() };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

async function openParts(
  run: Run,
  settings: Settings,
  stack: Stack,
): Promise<Omit<EvalStage, 'close'>> {
  const steering = await stack.opening(
    'The steering',
    startSteering(run.running?.steeringPort),
    (s) => s.close(),
  );
  if (run.running) {
    const { url } = run.running;
    await needsBuyer(url);
    return { url, steering, model: `that of ${url}` };
  }
  const { model, env } = await chooseModel(run.scripted, settings, stack);
  // Examples have services of their own.
  if (run.scenarios.length === 0) return { url: '', steering, model };
  const starting = startTestService({
    env: { ...env, MEANWHILE_EXTENSIONS: EXTENSIONS, EVAL_STEERING_URL: steering.url },
  });
  const { url } = await stack.opening('The service', starting, (s) => s.remove());
  return { url, steering, model };
}

async function chooseModel(
  scripted: Habit | undefined,
  settings: Settings,
  stack: Stack,
): Promise<{ model: string; env: Record<string, string> }> {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, OPENAI_API, OPENAI_PROFILE } = settings;
  const isSet = OPENAI_API_KEY !== undefined || OPENAI_BASE_URL !== undefined;
  if (isSet && scripted === undefined) {
    const env = { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, OPENAI_API, OPENAI_PROFILE };
    const given = Object.entries(env).filter(([, value]) => value !== undefined);
    return { model: OPENAI_MODEL, env: Object.fromEntries(given) as Record<string, string> };
  }
  const habit = scripted ?? 'good';
  const models = await stack.opening('The models', startScriptedModels(), (m) => m.close());
  return {
    model: `scripted ${habit}`,
    env: { OPENAI_BASE_URL: models.url, OPENAI_MODEL: habit, OPENAI_API },
  };
}

async function needsBuyer(url: string): Promise<void> {
  const { agents } = await new Meanwhile({ baseURL: url, maxRetries: 0 })
    .get<{ agents: { name: string }[] }>('/v1/agents')
    .catch((cause: unknown) => {
      throw new Error(`No service answers at ${url}.`, { cause });
    });
  if (agents.some(({ name }) => name === 'buyer')) return;
  throw new Error(`The service at ${url} runs without MEANWHILE_EXTENSIONS=${EXTENSIONS}.`);
}
