/** The composition root of the API: connects to Temporal, and listens. */
import type { AddressInfo } from 'node:net';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import type { Access } from '../security/access/access.ts';
import { openAccessOf } from '../security/access/open.ts';
import type { Settings } from '../config.ts';
import type { Limits } from '../contract/limits.ts';
import { serviceUrl } from '../contract/service-url.ts';
import { temporalConnection } from '../contract/temporal-connection.ts';
import { dataConverterOf, keyringOf } from '../security/encryption/open.ts';
import { harnessOf } from '../harness/push/adapters.ts';
import { serviceSecretOf } from '../security/remote/secret.ts';
import { buildApp } from './app.ts';
import type { ApiDependencies } from './dependencies.ts';
import { createTemporalGateway } from './temporal-gateway.ts';

export interface ApiOptions extends Pick<
  ApiDependencies,
  'store' | 'bus' | 'catalogue' | 'speculation' | 'page' | 'quick'
> {
  /** What the demo model gives in place of the settings. */
  model?: { apiKey?: string; baseURL?: string };
  /** Lets its holder declare MCP servers. Default: none can be declared. */
  token?: string;
  settings: Settings;
  /** host:port of the Temporal server. */
  address: string;
  /** Of the UI of the Temporal server that the service has started. */
  uiUrl?: string | undefined;
  /** Whether the demo model answers. */
  demoModel?: boolean;
}

export interface RunningApi {
  /** Without a trailing slash. */
  url: string;
  /** Ends streams and answers what has arrived. */
  close(): Promise<void>;
}

/**
 * Resolves when the API is listening.
 * @throws what listening on the port throws
 */
export async function startApi({
  settings,
  address,
  uiUrl,
  demoModel,
  model,
  token,
  ...parts
}: ApiOptions): Promise<RunningApi> {
  const { PORT: port, HOST: host, TEMPORAL_NAMESPACE: namespace } = settings;
  // The worker's kind of connection: it works outside the thread that answers requests.
  const connect = () => NativeConnection.connect(temporalConnection(address));
  const keyring = keyringOf(settings);
  const dataConverter = dataConverterOf(keyring);
  const gateway = createTemporalGateway({ connect, namespace, dataConverter });
  let access: Access | undefined;
  try {
    const secret = await serviceSecretOf(settings);
    const logger = pino({ level: 'warn' }, pino.destination(2));
    const warn = (line: string) => logger.warn(line);
    access = await openAccessOf(settings, { store: parts.store, secret, warn });
    const app = await buildApp({
      ...parts,
      access,
      ...(keyring &&
        settings.MEANWHILE_CODEC_TOKEN !== undefined && {
          codec: { keyring, token: settings.MEANWHILE_CODEC_TOKEN },
        }),
      settings,
      gateway,
      limits: limitsOf(settings),
      mcp: {
        hosts: mcpHostsOf(settings),
        wait_ms: settings.MEANWHILE_MCP_WAIT_MS,
        ...(token !== undefined && { token }),
      },
      pushesTo: (agent) => harnessOf(agent, settings),
      upstream: {
        apiKey: model?.apiKey ?? settings.OPENAI_API_KEY,
        baseURL: model?.baseURL ?? settings.OPENAI_BASE_URL ?? OPENAI,
      },
      allowPrivateUrls: settings.MEANWHILE_ALLOW_PRIVATE_URLS,
      about: { demoModel, temporalUi: temporalUiOf(settings, uiUrl) },
      pushSecret: secret,
      logger,
    });
    await app.listen({ port, host });
    return {
      url: serviceUrl(host, (app.server.address() as AddressInfo).port),
      async close() {
        await app.close();
        await access?.close();
        await gateway.disconnect();
      },
    };
  } catch (error) {
    await access?.close();
    await gateway.disconnect();
    throw error;
  }
}

function temporalUiOf(settings: Settings, own: string | undefined) {
  const url = settings.TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? own;
  return url === undefined ? undefined : { url, namespace: settings.TEMPORAL_NAMESPACE };
}

/** Names under which an MCP client may reach this service, besides localhost. */
function mcpHostsOf({ HOST, MEANWHILE_PUBLIC_URL, MEANWHILE_MCP_HOSTS }: Settings): string[] {
  const named =
    HOST === '0.0.0.0' || HOST === '::' ? [] : [HOST.includes(':') ? `[${HOST}]` : HOST];
  const publicName = MEANWHILE_PUBLIC_URL ? [new URL(MEANWHILE_PUBLIC_URL).hostname] : [];
  return [...named, ...publicName, ...(MEANWHILE_MCP_HOSTS?.split(',') ?? [])];
}

const OPENAI = 'https://api.openai.com/v1';

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
