/** Settings of who may reach the service, and what they may do with it. */
import { z } from 'zod';
import { whole, flag, perWindow, tokens } from './values.ts';

export const accessSettings = {
  MEANWHILE_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .optional()
    .describe('URL at which remote tools reach the API. Unset: http://HOST:PORT.'),
  MEANWHILE_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters')
    .optional()
    .describe(
      'Signs the push URLs of remote tools, and access tokens. Unset: generated once and kept in MEANWHILE_HOME.',
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
    .describe('API key that the commands `chat`, `demo`, `explain` and `mcp` send to the service.'),
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
    .describe(
      'URL of `opencode serve`, into whose sessions results are pushed. Unset: opencode asks.',
    ),
  MEANWHILE_ALLOW_PRIVATE_URLS: flag
    .default(false)
    .describe('Whether remote tools and MCP servers may use private and local addresses.'),
};
