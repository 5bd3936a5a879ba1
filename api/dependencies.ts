import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Access } from '../security/access/access.ts';
import type { Settings } from '../config.ts';
import type { QuickRunner } from '../contract/quick.ts';
import type { Limits } from '../contract/limits.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { MessageSignal, PushedHarness } from '../contract/signals.ts';
import type { Keyring } from '../security/encryption/keyring.ts';
import type { UpstreamAddress } from '../harness/model-proxy/upstream.ts';
import type { Store } from '../store/store.ts';
import type { Bus } from '../stream/bus.ts';
import type { HubOptions } from '../stream/hub.ts';
import type { Catalogue } from '../tools/catalogue.ts';
import type { Gateway } from './gateway.ts';
import type { Permits } from './permits.ts';
import type { Quotas, QuotaSettings } from './quotas.ts';

export interface ApiDependencies {
  store: Store;
  bus: Bus;
  gateway: Gateway;
  catalogue: Catalogue;
  /** The limits of agents that set none. */
  limits: Limits;
  settings: Pick<
    Settings,
    | 'MEANWHILE_MAX_MESSAGE_BYTES'
    | 'MEANWHILE_MAX_RESULT_BYTES'
    | 'MEANWHILE_INLINE_RESULT_BYTES'
    | 'MEANWHILE_CORS_ORIGINS'
  > &
    QuotaSettings;
  access: Access;
  /** Signs tokens, and the URLs to which remote tools push. */
  pushSecret: string;
  /** Decrypts payloads for Temporal's UI. Default: the API has no codec. */
  codec?: { token: string; keyring: Keyring };
  /** The MCP endpoint: host names besides those of this machine; how long a call without a task waits. Default: 25,000 ms. */
  mcp?: {
    hosts?: string[];
    wait_ms?: number;
    /** A caller with this token may declare servers, and so run programs. Default: no server can be declared. */
    token?: string;
  };
  /** The harness into which the results of an agent's conversations are pushed. Default: none. */
  pushesTo?: (agent: string) => PushedHarness | undefined;
  /** The model server behind the proxy for harnesses. Default: there is no such proxy. */
  upstream?: UpstreamAddress;
  /** Whether a declared MCP server may have a private address. */
  allowPrivateUrls?: boolean;
  /** Asks the model early. Default: the model is asked when the conversation has decided. */
  speculation?: Speculator;
  /** The content of `GET /v1/service`. */
  about?: { demoModel?: boolean; temporalUi?: { url: string; namespace: string } };
  /** Folder of the compiled page; undefined if it was not built. Absent: the service has no page. */
  page?: () => Promise<string | undefined>;
  /** Makes calls of MCP servers ahead of their workflow, on this host. Default: every call waits for its workflow. */
  quick?: QuickRunner;
  /** How long ended quick calls are collected into one signal to their conversation. Milliseconds; default 150. */
  collect_ms?: number;
  /** How long clients have to notice that the service is closing. Milliseconds; default 500. */
  grace_ms?: number;
  /** Default: silent. */
  logger?: FastifyBaseLogger;
  /** Timing of streams; for tests. */
  streaming?: Pick<HubOptions, 'heal_ms' | 'ticker'> & { heartbeat_ms?: number };
}

export interface Speculator {
  /**
   * Asks the model for the reply that this message will most likely start. Returns at once and never fails.
   * @returns a function that drops the guess, for a message that was not accepted
   */
  guess(this: void, conversation: ConversationKey, message: MessageSignal): () => void;
  /** Counted since the start of the process. `wasted_tokens`: an estimate of the tokens of refused guesses. */
  counts: Readonly<{ adopted: number; refused: number; wasted_tokens: number }>;
}

/** The dependencies of the routes: those of the app, and what the app makes of them. */
export interface ApiParts extends ApiDependencies {
  quotas: Quotas;
  permits: Permits;
}

/** The Fastify instance as routes see it: schemas are zod. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
