/** Settings of where the service listens, where it keeps its data, and which servers it uses. */
import { z } from 'zod';
import { whole, port } from './values.ts';

export const serviceSettings = {
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
};
