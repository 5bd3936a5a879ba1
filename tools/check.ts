/** Checks declared tools and agents. Each error is a sentence that says what is allowed. */
import { z } from 'zod';
import type { Agent } from '../agents/define.ts';
import { CANCEL_TOOL, EVENT_TOOL } from '../contract/names.ts';
import { PROFILE_NAMES } from '../contract/profile.ts';
import {
  type Limits,
  LONGEST_WAIT_MS,
  MAX_REPLY_TOKENS,
  MIN_CONTEXT_TOKENS,
  MIN_REPLY_TOKENS,
} from '../contract/limits.ts';
import { refuseUrl } from '../security/remote/address.ts';
import { isSigningSecret } from '../security/remote/webhook.ts';
import type { ToolBase } from './base.ts';
import { approvalDetails, commonFields, LONGEST_TIMEOUT_MS } from './common-fields.ts';
import type { LocalTool, Tool } from './define.ts';
import type { RemoteService, RemoteTool } from './remote.ts';
import { yieldsProgress } from './report.ts';

export interface CheckOptions {
  /** Whether a remote tool may have an address that only this machine or network can reach. */
  allowPrivateUrls: boolean;
}

/** @returns the errors; empty if there are none */
export function checkTool(
  value: unknown,
  options: CheckOptions = { allowPrivateUrls: false },
): string[] {
  const isRemote = typeof value === 'object' && value !== null && 'remote' in value;
  const parsed = (isRemote ? remoteTool(options) : localTool).safeParse(value);
  return parsed.success ? checkInput(value as Tool) : explain(parsed.error);
}

/**
 * @param tools the names of all tools
 * @param isExpected whether a tool of this name may appear later
 * @returns the errors; empty if there are none
 */
export function checkAgent(
  value: unknown,
  tools: readonly string[],
  isExpected: (name: string) => boolean = () => false,
): string[] {
  const parsed = agent.safeParse(value);
  if (!parsed.success) return explain(parsed.error);
  if (!Array.isArray(parsed.data.tools)) return [];
  return parsed.data.tools
    .filter((name) => !tools.includes(name) && !isExpected(name))
    .map((name) => `tools: there is no tool "${name}"; there are ${tools.join(', ')}.`);
}

const NAME = 'must be a letter, then letters, digits, _ or -, at most 64 in all';
const name = z.string(NAME).regex(/^[a-zA-Z][\w-]{0,63}$/, NAME);

/** The service's own tools, which a model is offered alongside a team's tools. */
const OWN = [CANCEL_TOOL, EVENT_TOOL];

// Strict, since a misspelt field would otherwise be ignored silently.
const everyTool = {
  name: name.refine(
    (given) => !OWN.includes(given),
    `${OWN.join(' and ')} are the service's own; choose another`,
  ),
  // Providers refuse descriptions over 1,024 characters, and the number of results is added to it.
  description: z.string().trim().min(1, 'must say what the tool does').max(900),
  input: z.custom<z.ZodType>(
    (given) => typeof given === 'object' && given !== null && '_zod' in given,
    "must be a schema such as z.object({ … }), with z from 'meanwhile'",
  ),
  ...commonFields,
  approval: z
    .union([z.literal(true), approvalDetails], 'must be true, or { question, timeout_ms }')
    .optional(),
} satisfies Record<keyof ToolBase, z.ZodType>;

const localTool = z
  .strictObject({
    ...everyTool,
    restart: z.enum(['resume', 'reattach', 'fail']).optional(),
    keeps: z.literal(true, 'is set by defineCommandTool').optional(),
    server: z.never('is set for tools of MCP servers').optional(),
    upstream: z.never('is set for tools of MCP servers').optional(),
    quick: z.never('is set for tools of MCP servers').optional(),
    withdraw: z.never('is set for tools of MCP servers').optional(),
    run: z.custom<LocalTool['run']>(
      (given) => typeof given === 'function' && !isSyncGenerator(given),
      'must be an async function or an async generator function',
    ),
  } satisfies Record<keyof LocalTool, z.ZodType>)
  .refine(({ restart, keeps }) => restart !== 'reattach' || keeps, {
    path: ['restart'],
    error: "reattach is for command tools: code ends with its worker; choose 'resume' or 'fail'",
  });

const remoteTool = ({ allowPrivateUrls }: CheckOptions) =>
  z.strictObject({
    ...everyTool,
    remote: z.strictObject({
      url: z.string().superRefine((given, context) => {
        const message = refuseUrl(given, { allowPrivate: allowPrivateUrls });
        if (message) context.addIssue({ code: 'custom', message });
      }),
      secret: z
        .string()
        .refine(isSigningSecret, 'must be whsec_ and the base64 of 24 to 64 random bytes'),
      silence_ms: z.int().min(1).max(LONGEST_TIMEOUT_MS).optional(),
    } satisfies Record<keyof RemoteService, z.ZodType>),
  } satisfies Record<keyof RemoteTool, z.ZodType>);

const count = z.int().min(1).optional();
const milliseconds = z.int().min(0).optional();

const agent = z.strictObject({
  name,
  instructions: z.string().trim().min(1, 'must say what the agent is for'),
  model: z.string().min(1).optional(),
  profile: z.enum(PROFILE_NAMES, `must be one of ${PROFILE_NAMES.join(', ')}`).optional(),
  tools: z
    .union([z.literal('all'), z.array(z.string())], "must be a list of names, or 'all'")
    .optional(),
  awaits: commonFields.awaits,
  max_reply_tokens: z.int().min(MIN_REPLY_TOKENS).max(MAX_REPLY_TOKENS).optional(),
  first_token_ms: z.int().min(1).max(LONGEST_WAIT_MS).optional(),
  silence_ms: z.int().min(1).max(LONGEST_WAIT_MS).optional(),
  limits: z
    .strictObject({
      settle_ms: milliseconds,
      quiet_ms: milliseconds,
      quiet_max_ms: milliseconds,
      grace_ms: milliseconds,
      max_running: count,
      max_replies_per_turn: count,
      unsolicited_per_minute: count,
      unsolicited_in_a_row: count,
      max_tokens: count,
      model_attempts: count,
      max_history_events: count,
      context_tokens: z.int().min(MIN_CONTEXT_TOKENS).optional(),
    } satisfies Record<keyof Limits, z.ZodType>)
    .optional(),
} satisfies Record<keyof Agent, z.ZodType>);

function isSyncGenerator(run: object): boolean {
  return Object.prototype.toString.call(run) === '[object GeneratorFunction]';
}

/** Checks what a model needs to call the tool: the input is an object, has a JSON Schema, and leaves the name `report` free. */
function checkInput({ input, ...rest }: Tool): string[] {
  let schema: { type?: unknown; properties?: object };
  try {
    schema = z.toJSONSchema(input, { io: 'input' });
  } catch (error) {
    return [`input: cannot be shown to a model: ${(error as Error).message}.`];
  }
  if (schema.type !== 'object') {
    const kind = typeof schema.type === 'string' ? schema.type : 'a union';
    return [`input: must be an object such as z.object({ … }); it is ${kind}.`];
  }
  if (yieldsProgress(rest) && 'report' in (schema.properties ?? {})) {
    return [
      'input: report is the field in which the model asks for progress; choose another name, or set progress: false.',
    ];
  }
  return [];
}

function explain(error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}.` : `${message}.`,
  );
}
