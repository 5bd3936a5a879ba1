/** The only place that reads the environment. A wrong value stops the start, naming the setting. */
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(0).max(3_600_000);
const count = z.coerce.number().int().min(1).max(1_000);
const bytes = z.coerce.number().int().min(1_000).max(100_000_000);

/** Every setting: name, allowed values, default. `.env.example` lists the same; a test compares the two. */
export const settings = z.object({
  PORT: port.default(3000).describe('Port of the API. 0: any free one.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address the API listens on.'),
  MEANWHILE_HOME: z.string().min(1).default('.meanwhile').describe('Folder for data and logs.'),
  MEANWHILE_EXTENSIONS: z
    .string()
    .min(1)
    .optional()
    .describe("Folder with a team's own tools/*.ts and agents/*.ts."),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/:]+:\d+$/, 'must be host:port')
    .optional()
    .describe('host:port of a Temporal server. Unset: one is started.'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe('Temporal namespace.'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional()
    .describe('PostgreSQL for the log. Unset: PGlite inside MEANWHILE_HOME.'),
  OPENAI_API_KEY: z.string().min(1).optional().describe('Key of the model provider.'),
  OPENAI_BASE_URL: z.url().optional().describe('Any OpenAI-compatible endpoint.'),
  OPENAI_MODEL: z.string().min(1).default('gpt-5-mini').describe('Model of agents that name none.'),
  OPENAI_API: z
    .enum(['chat', 'responses'])
    .default('chat')
    .describe('Chat Completions (Ollama, vLLM and others speak it) or Responses.'),
  MEANWHILE_MODEL_ATTEMPTS: count
    .default(4)
    .describe('How often a reply is tried before it fails.'),
  MEANWHILE_SETTLE_MS: milliseconds
    .default(200)
    .describe('Tool calls wait until the last user message is this old (R3).'),
  MEANWHILE_QUIET_MS: milliseconds.default(250).describe('News waits this long for more (R6).'),
  MEANWHILE_QUIET_MAX_MS: milliseconds
    .default(2_000)
    .describe('… but never longer than this (R6).'),
  MEANWHILE_MAX_RUNNING: count
    .default(3)
    .describe('Calls that run at once in a conversation (R9).'),
  MEANWHILE_GRACE_MS: milliseconds
    .default(1_500)
    .describe('Results within this time go to the model in the same turn (R11).'),
  MEANWHILE_MAX_REPLIES_PER_TURN: count
    .default(10)
    .describe('Replies one cause may lead to before the agent waits for the user.'),
  MEANWHILE_MAX_MESSAGE_BYTES: bytes.default(100_000).describe('Largest request body.'),
  MEANWHILE_MAX_RESULT_BYTES: bytes
    .default(64_000)
    .describe('Largest single result of a tool, as JSON; above it the call fails.'),
});

export type Settings = z.infer<typeof settings>;

/** Thrown for a wrong environment. The message is complete: show it and stop. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * @throws ConfigError naming each wrong setting, what was given and what is allowed.
 */
export function readConfig(environment: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(
    Object.keys(settings.shape).map((name) => [name, environment[name] || undefined]),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => explain(issue, given)).join('\n'));
  }
  return parsed.data;
}

function explain(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const value = /KEY|URL/.test(name) ? 'a value' : `"${given[name]}"`;
  return `${name} is ${value}: ${issue.message}. (${settings.shape[name as keyof Settings].description})`;
}
