/** The parts of a service, each opened from the settings. A role is a selection of them. */
import type { AddressInfo } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { type Api, buildApp } from '../api/app.ts';
import { createTemporalGateway } from '../api/temporal-gateway.ts';
import type { Settings } from '../config.ts';
import type { Limits } from '../contract/limits.ts';
import { createModelClient } from '../model/client.ts';
import { patient } from '../store/patient.ts';
import { keepSecret } from '../remote/secret.ts';
import { type RunningWorker, startWorker, type WorkerOptions } from '../worker/start.ts';
import type { Ground } from './ground.ts';
import type { ChosenModel } from './model.ts';
import { listenError } from './ports.ts';
import type { Stack } from './stack.ts';

/**
 * @param parts.url URL of the API, if its port is not known beforehand
 * @param more for a worker that is watched or disturbed on purpose
 */
export async function openWorker(
  settings: Settings,
  { model, url, ...parts }: Ground & { model: ChosenModel; home: string; url?: Promise<string> },
  stack: Stack,
  more: Partial<WorkerOptions> = {},
): Promise<RunningWorker> {
  const pushSecret = await pushSecretOf(settings);
  const starting = startWorker({
    ...parts,
    namespace: settings.TEMPORAL_NAMESPACE,
    model: createModelClient({
      api: settings.OPENAI_API,
      ...model.access,
      first_token_ms: settings.MEANWHILE_FIRST_TOKEN_MS,
      silence_ms: settings.MEANWHILE_SILENCE_MS,
      max_tokens: settings.MEANWHILE_MAX_REPLY_TOKENS,
      note: (line) => Runtime.instance().logger.warn(line),
    }),
    defaultModel: model.name,
    defaultProfile: model.profile,
    maxResultBytes: settings.MEANWHILE_MAX_RESULT_BYTES,
    inlineResultBytes: settings.MEANWHILE_INLINE_RESULT_BYTES,
    maxOutputBytes: settings.MEANWHILE_MAX_OUTPUT_BYTES,
    spoolHours: settings.MEANWHILE_SPOOL_HOURS,
    stackTraces: settings.MEANWHILE_STACK_TRACES,
    // The embedded store belongs to the process that has locked its home.
    alone: settings.DATABASE_URL === undefined,
    maxRunningPerTenant: settings.MEANWHILE_MAX_RUNNING_PER_TENANT,
    maxTokensPerTenantPerDay: settings.MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY,
    limits: {
      replies: settings.MEANWHILE_MAX_REPLIES,
      tools: settings.MEANWHILE_MAX_TOOLS,
      errands: settings.MEANWHILE_MAX_ERRANDS,
    },
    remote: {
      pushSecret,
      publicUrl: () => publicUrlOf(settings, url),
      allowPrivateUrls: settings.MEANWHILE_ALLOW_PRIVATE_URLS,
    },
    ...more,
    store: patient(more.store ?? parts.store),
  });
  return stack.opening('The worker', starting, (worker) => worker.close());
}

/**
 * Resolves when the API is listening.
 * @returns its URL, without a trailing slash
 */
export async function openApi(
  settings: Settings,
  { address, ...parts }: Ground,
  stack: Stack,
): Promise<string> {
  const { PORT: port, HOST: host, TEMPORAL_NAMESPACE: namespace } = settings;
  // The worker's kind of connection: it works outside the thread that answers requests.
  const connect = () => NativeConnection.connect({ address });
  const connecting = createTemporalGateway({ connect, namespace });
  const gateway = await stack.opening('The gateway', connecting, (g) => g.disconnect());
  const secret = await pushSecretOf(settings);
  const building = buildApp({
    ...parts,
    gateway,
    limits: limitsOf(settings),
    maxMessageBytes: settings.MEANWHILE_MAX_MESSAGE_BYTES,
    pushes: {
      secret,
      maxBytes: settings.MEANWHILE_MAX_RESULT_BYTES,
      inlineBytes: settings.MEANWHILE_INLINE_RESULT_BYTES,
    },
    logger: pino({ level: 'warn' }, pino.destination(2)),
  });
  const app = await stack.opening<Api>('The API', building, (a) => a.close());
  await app.listen({ port, host }).catch((error) => {
    throw listenError(error, port, host);
  });
  return urlOf(host, (app.server.address() as AddressInfo).port);
}

/** Signs push URLs. If the API and the worker are separate processes, both need the same setting or folder. */
async function pushSecretOf({ MEANWHILE_SECRET, MEANWHILE_HOME }: Settings): Promise<string> {
  if (MEANWHILE_SECRET !== undefined) return MEANWHILE_SECRET;
  const home = resolve(MEANWHILE_HOME);
  await mkdir(home, { recursive: true });
  return keepSecret(home);
}

/** Without a trailing slash. */
async function publicUrlOf(settings: Settings, url?: Promise<string>): Promise<string> {
  const { MEANWHILE_PUBLIC_URL, HOST, PORT } = settings;
  return MEANWHILE_PUBLIC_URL?.replace(/\/+$/, '') ?? (await url) ?? urlOf(HOST, PORT);
}

/** Long enough that a conversation rarely continues as new, short enough that a worker replays it quickly. Number of events. */
const MAX_HISTORY_EVENTS = 4_000;

function limitsOf(settings: Settings): Limits {
  return {
    settle_ms: settings.MEANWHILE_SETTLE_MS,
    quiet_ms: settings.MEANWHILE_QUIET_MS,
    quiet_max_ms: settings.MEANWHILE_QUIET_MAX_MS,
    max_running: settings.MEANWHILE_MAX_RUNNING,
    grace_ms: settings.MEANWHILE_GRACE_MS,
    max_replies_per_turn: settings.MEANWHILE_MAX_REPLIES_PER_TURN,
    unsolicited_per_minute: settings.MEANWHILE_UNSOLICITED_PER_MINUTE,
    unsolicited_in_a_row: settings.MEANWHILE_UNSOLICITED_IN_A_ROW,
    max_tokens: settings.MEANWHILE_MAX_TOKENS,
    model_attempts: settings.MEANWHILE_MODEL_ATTEMPTS,
    max_history_events: MAX_HISTORY_EVENTS,
    context_tokens: settings.MEANWHILE_CONTEXT_TOKENS,
  };
}

/** A wildcard address can be listened on, but not called everywhere. */
function urlOf(host: string, port: number): string {
  const callable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${callable.includes(':') ? `[${callable}]` : callable}:${port}`;
}
