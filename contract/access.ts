/** Who may do what: scopes, the names of tenants, and API keys as the HTTP API shows them. */
import { z } from 'zod';
import { DEFAULT_TENANT } from './names.ts';

export const SCOPES = ['read', 'write', 'approve', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export const scope = z
  .enum(SCOPES)
  .describe(
    'read: read and follow; write: begin, send, interrupt, cancel, close; approve: decide about calls; admin: keys, erasing, exports.',
  );

export const scopes = z
  .array(scope)
  .min(1)
  .transform((given) => SCOPES.filter((each) => given.includes(each)));

/** Suffix of the tenant that a tenant's test keys reach. No other tenant can have such a name. */
const TEST_SIDE = '.test';

export const tenantName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, _ and -')
  .describe('Lower-case letters, digits, `_` and `-`.');

export const testSideOf = (tenant: string) =>
  tenant.endsWith(TEST_SIDE) ? tenant : `${tenant}${TEST_SIDE}`;
export const isTestSide = (tenant: string) => tenant.endsWith(TEST_SIDE);

export const keyId = z
  .string()
  .regex(/^key_[0-9A-Za-z]{1,32}$/, 'must be the id of a key: key_ and letters and digits')
  .describe('`key_` and letters and digits.');

/** Control characters, as part of a regular expression. */
const CONTROL = String.raw`\u0000-\u001f\u007f-\u009f`;

const keyName = z
  .string()
  .regex(
    // Not \p{Cc}: readers of the OpenAPI document need not know it.
    new RegExp(String.raw`^[^\s${CONTROL}]([^${CONTROL}]{0,126}[^\s${CONTROL}])?$`, 'u'),
    'must be 1 to 128 characters that neither begin nor end with a space, without control characters',
  )
  .describe('Says who or what uses the key.');

/** Seconds in ten years. */
const LONGEST_S = 10 * 365 * 24 * 3_600;

export const createKeyBody = z.strictObject({
  name: keyName,
  scopes: scopes.default(['read', 'write']),
  test: z
    .boolean()
    .default(false)
    .describe("A test key reaches the tenant's test side: conversations and limits of its own."),
  expires_in_s: z.int().min(60).max(LONGEST_S).optional().describe('Default: it does not expire.'),
  tenant: tenantName
    .optional()
    .describe(
      `For the operator alone. Default: that of the caller, \`${DEFAULT_TENANT}\` for the operator.`,
    ),
});

export const rotateKeyBody = z.strictObject({
  overlap_s: z
    .int()
    .min(0)
    .max(LONGEST_S)
    .default(24 * 3_600)
    .describe('How long the old key stays valid beside the new one. Default: a day.'),
});

export const apiKey = z
  .object({
    id: keyId,
    tenant: z.string(),
    name: z.string(),
    hint: z.string().describe('How the key begins and ends.'),
    scopes: z.array(scope),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().optional(),
    last_used_at: z.iso.datetime().optional().describe('To the minute. Absent: never used.'),
    revoked_at: z.iso.datetime().optional(),
  })
  .describe('An API key, without the key itself.');

export type ApiKey = z.infer<typeof apiKey>;

export const createdKey = apiKey
  .extend({ key: z.string().describe('Shown this once: the service keeps only its hash.') })
  .describe('The new key.');

export const keyList = z
  .object({ keys: z.array(apiKey).describe('Newest first, revoked ones included.') })
  .describe("The tenant's keys.");

export const keyParams = z.object({ key_id: keyId });

export const keyListQuery = z.strictObject({
  tenant: tenantName.optional().describe('For the operator alone. Default: that of the caller.'),
});

/** A token's scopes: a page may not administer. */
const tokenScope = scope.exclude(['admin']);

export const createTokenBody = z.strictObject({
  scopes: z
    .array(tokenScope)
    .min(1)
    .default(['read', 'write'])
    .transform((given) => SCOPES.filter((each) => each !== 'admin' && given.includes(each))),
  expires_in_s: z
    .int()
    .min(10)
    .max(24 * 3_600)
    .default(900)
    .describe('Default: 15 minutes. At most a day.'),
});

export const createdToken = z
  .object({
    token: z.string().describe('Sent like a key: `authorization: Bearer <token>`.'),
    scopes: z.array(scope),
    expires_at: z.iso.datetime(),
  })
  .describe('The token.');
