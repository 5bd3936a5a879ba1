/** The only place that reads the environment. An invalid value stops the start, naming the setting. */
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { PROFILE_NAMES } from './contract/profile.ts';
import {
  LONGEST_WAIT_MS,
  MAX_REPLY_TOKENS,
  MIN_CONTEXT_TOKENS,
  MIN_REPLY_TOKENS,
} from './contract/limits.ts';

const whole = (min: number, max: number) => {
  const allowed = `must be a whole number from ${min} to ${max}`;
  return z.coerce
    .number(allowed)
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, allowed);
};
const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true');
const port = whole(0, 65_535);
const milliseconds = whole(0, 3_600_000);
const count = whole(1, 1_000);
const atOnce = whole(1, 10_000);
const perWindow = whole(1, 1_000_000_000);
const tokens = whole(1, 1_000_000_000_000);
const bytes = whole(1_000, 100_000_000);

/** Every setting: name, allowed values, default. `.env.example` lists the same; a test compares the two. */
export const settings = z.object({
  PORT: port.default(3000).describe('Port of the API. 0 picks a free one.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address the API listens on.'),
  MEANWHILE_HOME: z.string().min(1).default('.meanwhile').describe('Folder for data and logs.'),
  MEANWHILE_EXTENSIONS: z
    .string()
    .min(1)
    .optional()
    .describe("Folder with a team's own tools/*.ts and agents/*.ts, and its mcp.json."),
  MEANWHILE_MCP: z
    .string()
    .min(1)
    .optional()
    .describe('File that declares MCP servers. Unset: mcp.json in MEANWHILE_EXTENSIONS, if any.'),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^([^\s/:]+|\[[\da-fA-F:]+\]):\d{1,5}$/, 'must be host:port')
    .optional()
    .describe('host:port of a Temporal server. Unset: the service starts one.'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe('Temporal namespace.'),
  TEMPORAL_UI_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .optional()
    .describe(
      "URL of Temporal's UI, for the page's links. Unset: the UI of the server that the service starts.",
    ),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional()
    .describe('PostgreSQL for the log. Unset: PGlite inside MEANWHILE_HOME.'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .refine(
      (url) => URL.canParse(url),
      'is not a URL; encode characters such as @, / or # in a password',
    )
    .optional()
    .describe(
      'Redis, which carries live text and progress between processes. Unset: they stay in their process.',
    ),
  MEANWHILE_BUILD_ID: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be letters, digits, ".", "_" and "-"')
    .optional()
    .describe(
      'Version of the workers, such as a commit. Set: conversations move to it when it is promoted. Unset: any worker takes any.',
    ),
  MEANWHILE_DRAIN_MS: whole(0, 600_000)
    .default(5_000)
    .describe('How long running replies and tools may go on in a process that is told to stop.'),
  MEANWHILE_PROBE_PORT: port
    .optional()
    .describe(
      'Port at which `meanwhile worker` answers /healthz, /readyz and /metrics, on HOST. Unset: none.',
    ),
  OPENAI_API_KEY: z.string().min(1).optional().describe('API key of the model provider.'),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .optional()
    .describe('Any OpenAI-compatible endpoint.'),
  OPENAI_MODEL: z
    .string()
    .min(1)
    .default('gpt-5-mini')
    .describe('Model for agents that do not set one.'),
  OPENAI_API: z
    .enum(['chat', 'responses'], 'must be chat or responses')
    .default('chat')
    .describe('Chat Completions (supported by Ollama, vLLM and others) or Responses.'),
  OPENAI_PROFILE: z
    .enum(PROFILE_NAMES, `must be one of ${PROFILE_NAMES.join(', ')}`)
    .optional()
    .describe(
      'Profile for agents that do not set one. Unset: compatible if OPENAI_BASE_URL is set, otherwise openai.',
    ),
  MEANWHILE_MODEL_ATTEMPTS: count
    .default(4)
    .describe('Number of attempts at a reply before it fails.'),
  MEANWHILE_FIRST_TOKEN_MS: whole(1_000, LONGEST_WAIT_MS)
    .default(300_000)
    .describe('How long a model may take to start replying. A comment or ping restarts the timer.'),
  MEANWHILE_SILENCE_MS: whole(1_000, LONGEST_WAIT_MS)
    .default(120_000)
    .describe('How long a model may be silent once it has started.'),
  MEANWHILE_MAX_REPLY_TOKENS: whole(MIN_REPLY_TOKENS, MAX_REPLY_TOKENS)
    .default(32_000)
    .describe('Longest reply, including reasoning. A longer one is cut off and fails.'),
  MEANWHILE_SETTLE_MS: milliseconds
    .default(200)
    .describe('Tool calls wait until the last user message is this old (R3).'),
  MEANWHILE_QUIET_MS: milliseconds.default(250).describe('How long news waits for more news (R6).'),
  MEANWHILE_QUIET_MAX_MS: milliseconds
    .default(2_000)
    .describe('Longest that news waits for more news (R6).'),
  MEANWHILE_MAX_RUNNING: count
    .default(3)
    .describe('Maximum concurrent calls in a conversation (R9).'),
  MEANWHILE_MAX_RUNNING_PER_TENANT: count
    .optional()
    .describe('Maximum concurrent calls in all conversations of a tenant. Unset: no limit.'),
  MEANWHILE_MAX_TOOLS: atOnce
    .default(200)
    .describe(
      'Maximum concurrent tools in a worker process; further calls wait and show their place.',
    ),
  MEANWHILE_MAX_REPLIES: atOnce
    .default(200)
    .describe('Maximum concurrent replies and summaries in a worker process.'),
  MEANWHILE_MAX_ERRANDS: atOnce
    .default(100)
    .describe(
      'Maximum concurrent side tasks of calls: notifying remote services, slots, stopping programs.',
    ),
  MEANWHILE_GRACE_MS: milliseconds
    .default(1_500)
    .describe('Results that arrive within this time go to the model in the same turn (R11).'),
  MEANWHILE_MAX_REPLIES_PER_TURN: count
    .default(10)
    .describe('Maximum replies to one cause before the agent waits for the user.'),
  MEANWHILE_UNSOLICITED_PER_MINUTE: count
    .default(12)
    .describe('Maximum unprompted turns a minute; further news waits (R12).'),
  MEANWHILE_UNSOLICITED_IN_A_ROW: count
    .default(30)
    .describe('Maximum unprompted turns in a row before the agent waits for the user (R12).'),
  MEANWHILE_MAX_TOKENS: tokens
    .optional()
    .describe(
      'Tokens of a conversation after which the agent only answers the user. Unset: no limit.',
    ),
  MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY: tokens
    .optional()
    .describe('The same for all conversations of a tenant in a day (UTC). Unset: no limit.'),
  MEANWHILE_CONTEXT_TOKENS: whole(MIN_CONTEXT_TOKENS, 10_000_000)
    .default(32_000)
    .describe(
      'Most tokens of context sent to a model; the older part of a conversation is summarised before it is reached.',
    ),
  MEANWHILE_MAX_MESSAGE_BYTES: bytes.default(100_000).describe('Largest request body.'),
  MEANWHILE_MAX_RESULT_BYTES: bytes
    .default(10_000_000)
    .describe('Largest single tool result, as JSON; a larger one fails the call.'),
  MEANWHILE_INLINE_RESULT_BYTES: whole(4_000, 500_000)
    .default(8_000)
    .describe(
      'A larger result is stored separately; the model sees its beginning and can read on.',
    ),
  MEANWHILE_MAX_OUTPUT_BYTES: whole(10_000, 1_000_000_000)
    .default(10_000_000)
    .describe("Output kept of a tool's program: half from its beginning, half from its end."),
  MEANWHILE_SPOOL_HOURS: whole(1, 10_000)
    .default(24)
    .describe('How long the folder of a call is kept after its last change.'),
  MEANWHILE_SPECULATE: flag
    .default(true)
    .describe(
      'Whether the model is asked while a message is still on its way. Only where API and worker share a process.',
    ),
  MEANWHILE_RETENTION_DAYS: whole(31, 36_500)
    .optional()
    .describe(
      'Days after its end that a conversation stays in the log. Unset: for ever. More than Temporal keeps ended workflows.',
    ),
  MEANWHILE_ARCHIVE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder to which workers write conversations before they leave the log, as gzipped JSON Lines. Unset: nothing is kept.',
    ),
  MEANWHILE_STACK_TRACES: flag
    .default(false)
    .describe("Whether Temporal's UI shows where a workflow waits. Costs CPU in every turn."),
  MEANWHILE_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .optional()
    .describe('URL at which remote tools reach the API. Unset: http://HOST:PORT.'),
  MEANWHILE_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters')
    .optional()
    .describe(
      'Signs the push URLs of remote tools. Unset: generated once and kept in MEANWHILE_HOME.',
    ),
  MEANWHILE_ALLOW_NO_KEYS: flag
    .default(false)
    .describe(
      'Whether a service without API keys may listen beyond this machine. Anyone who reaches it can then do everything.',
    ),
  MEANWHILE_API_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('API key that the commands `demo`, `explain` and `mcp` send to the service.'),
  MEANWHILE_JWT_ISSUER: z
    .string()
    .min(1)
    .optional()
    .describe('Issuer (`iss`) of the JSON Web Tokens that are accepted beside keys. Unset: none.'),
  MEANWHILE_JWT_AUDIENCE: z.string().min(1).optional().describe('Their audience (`aud`).'),
  MEANWHILE_JWT_KEYS_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .optional()
    .describe("URL of the issuer's JSON Web Key Set."),
  MEANWHILE_JWT_TENANT_CLAIM: z
    .string()
    .min(1)
    .default('tenant')
    .describe('The claim that names the tenant.'),
  MEANWHILE_MAX_REQUESTS_PER_MINUTE: perWindow
    .optional()
    .describe('Maximum requests a minute with one key or token, per API process. Unset: no limit.'),
  MEANWHILE_MAX_REQUESTS_PER_MINUTE_PER_TENANT: perWindow
    .optional()
    .describe('The same for all keys of a tenant.'),
  MEANWHILE_MAX_CONVERSATIONS_PER_HOUR_PER_TENANT: perWindow
    .optional()
    .describe(
      'Maximum new conversations of a tenant in an hour, per API process. Unset: no limit.',
    ),
  MEANWHILE_MAX_STREAMS_PER_TENANT: perWindow
    .optional()
    .describe('Maximum open streams of a tenant, per API process. Unset: no limit.'),
  MEANWHILE_REFUSE_AT_TOKENS_PER_TENANT_PER_DAY: tokens
    .optional()
    .describe(
      "Tokens of a tenant in a day (UTC) after which its users' messages are refused too. Unset: no limit.",
    ),
  MEANWHILE_ENCRYPTION_KEYS: z
    .string()
    .regex(
      /^[\w.-]{1,64}:[A-Za-z0-9+/]{43}=(,[\w.-]{1,64}:[A-Za-z0-9+/]{43}=)*$/,
      'must be id:key, separated by commas, each key 32 bytes in base64',
    )
    .optional()
    .describe(
      'Keys that encrypt words in Temporal and in the store, as `id:base64,…`: the first encrypts, all decrypt. Unset: nothing is encrypted.',
    ),
  MEANWHILE_CODEC_TOKEN: z
    .string()
    .regex(/^[\w-]{32,}$/, 'must be at least 32 letters, digits, _ or -')
    .optional()
    .describe("Opens the codec for Temporal's UI at /codec/TOKEN. Unset: there is none."),
  MEANWHILE_CORS_ORIGINS: z
    .string()
    .regex(
      /^(\*|https?:\/\/[^\s,/*]+(,https?:\/\/[^\s,/*]+)*)$/,
      'must be * or origins such as https://app.example, separated by commas',
    )
    .optional()
    .describe('Origins whose pages may call the API: `*`, or a list. Unset: none.'),
  MEANWHILE_DEMO_TOOLS: flag
    .optional()
    .describe("Whether agents have the demo's installer. Unset: only with the demo model."),
  MEANWHILE_MCP_HOSTS: z
    .string()
    .regex(/^[^\s,/:]+(,[^\s,/:]+)*$/, 'must be host names, separated by commas')
    .optional()
    .describe(
      'Host names at which /mcp answers, besides localhost, HOST and that of MEANWHILE_PUBLIC_URL.',
    ),
  MEANWHILE_MCP_WAIT_MS: whole(1_000, 600_000)
    .default(25_000)
    .describe(
      "How long a call of an MCP client without tasks waits before it is answered as suspended. Below the client's timeout.",
    ),
  MEANWHILE_PUSH_CODEX: z
    .string()
    .regex(
      /^(queue(:.+)?|wss?:\/\/.+)$/,
      'must be queue, queue:PROGRAM, or begin with ws:// or wss://',
    )
    .optional()
    .describe(
      'How results are pushed into Codex: the URL of its app-server, or `queue` for `codex queue`, run as `codex` or PROGRAM. Unset: Codex asks.',
    ),
  MEANWHILE_PUSH_OPENCODE: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .optional()
    .describe('URL of `opencode serve`, into whose sessions results are pushed. Unset: it asks.'),
  MEANWHILE_ALLOW_PRIVATE_URLS: flag
    .default(false)
    .describe('Whether remote tools and MCP servers may use private and local addresses.'),
});

export type Settings = z.infer<typeof settings>;

/** Thrown for an invalid environment. The message is complete: show it and stop. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * @throws ConfigError naming each wrong setting, what was given and what is allowed.
 */
export function readConfig(
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const given = Object.fromEntries(
    Object.keys(settings.shape).map((name) => [name, environment[name] || undefined]),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => explain(issue, given)).join('\n'));
  }
  checkTogether(parsed.data);
  return parsed.data;
}

/** @throws ConfigError for settings that only make sense together */
function checkTogether(given: Settings): void {
  if (given.MEANWHILE_ARCHIVE !== undefined && given.MEANWHILE_RETENTION_DAYS === undefined) {
    throw new ConfigError(
      'MEANWHILE_RETENTION_DAYS must be set too: MEANWHILE_ARCHIVE receives what leaves the log after that time.',
    );
  }
  const names = [
    'MEANWHILE_JWT_ISSUER',
    'MEANWHILE_JWT_AUDIENCE',
    'MEANWHILE_JWT_KEYS_URL',
  ] as const;
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === 0 || missing.length === names.length) return;
  throw new ConfigError(
    `${missing.join(' and ')} must be set too: ${names.join(', ')} are needed together.`,
  );
}

/** Whether npm ran the script that this process is. */
export const startedByNpm = (environment: Record<string, string | undefined> = process.env) =>
  environment['npm_lifecycle_event'] !== undefined;

/** Before React is loaded: its build for development is slower, and keeps a record of every drawing. */
export function reactForProduction(
  environment: Record<string, string | undefined> = process.env,
): void {
  environment['NODE_ENV'] ??= 'production';
}

/** The user's cache folder, for files that can be downloaded again, with a subfolder for this service. */
export function cacheFolder(
  environment: Record<string, string | undefined> = process.env,
  system = platform(),
  home = homedir(),
): string {
  switch (system) {
    case 'darwin':
      return join(home, 'Library', 'Caches', 'meanwhile');
    case 'win32':
      return join(environment.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'meanwhile', 'Cache');
    default:
      return join(environment.XDG_CACHE_HOME || join(home, '.cache'), 'meanwhile');
  }
}

/** All variables, for what a user's own file may name: `${NAME}` in mcp.json. */
export const allVariables = (): Record<string, string | undefined> => process.env;

/** The value is shown unless it may contain a key or a password. */
function explain(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const shown = /KEY|URL$|SECRET|TOKEN$/.test(name) ? '' : `, not "${given[name]}"`;
  return `${name} ${issue.message}${shown}. (${settings.shape[name as keyof Settings].description})`;
}
