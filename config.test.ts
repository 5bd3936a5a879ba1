import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder, ConfigError, readConfig, settings } from './config.ts';

test('.env.example lists every setting with its description and default, and nothing else', async () => {
  // After a change here: npx vitest run --project pure config.test.ts -u
  await expect(example()).toMatchFileSnapshot('.env.example');
});

test('an empty environment gives the defaults and leaves settings without one undefined', () => {
  expect(readConfig({})).toEqual({
    PORT: 3000,
    HOST: '127.0.0.1',
    MEANWHILE_HOME: '.meanwhile',
    TEMPORAL_NAMESPACE: 'default',
    OPENAI_MODEL: 'gpt-5-mini',
    OPENAI_API: 'chat',
    MEANWHILE_DRAIN_MS: 5_000,
    MEANWHILE_MODEL_ATTEMPTS: 4,
    MEANWHILE_FIRST_TOKEN_MS: 300_000,
    MEANWHILE_SILENCE_MS: 120_000,
    MEANWHILE_MAX_REPLY_TOKENS: 32_000,
    MEANWHILE_SETTLE_MS: 200,
    MEANWHILE_QUIET_MS: 250,
    MEANWHILE_QUIET_MAX_MS: 2_000,
    MEANWHILE_MAX_RUNNING: 3,
    MEANWHILE_MAX_TOOLS: 200,
    MEANWHILE_MAX_REPLIES: 200,
    MEANWHILE_MAX_ERRANDS: 100,
    MEANWHILE_GRACE_MS: 1_500,
    MEANWHILE_MAX_REPLIES_PER_TURN: 10,
    MEANWHILE_UNSOLICITED_PER_MINUTE: 12,
    MEANWHILE_UNSOLICITED_IN_A_ROW: 30,
    MEANWHILE_CONTEXT_TOKENS: 32_000,
    MEANWHILE_MAX_MESSAGE_BYTES: 100_000,
    MEANWHILE_MAX_RESULT_BYTES: 10_000_000,
    MEANWHILE_INLINE_RESULT_BYTES: 8_000,
    MEANWHILE_MAX_OUTPUT_BYTES: 10_000_000,
    MEANWHILE_SPOOL_HOURS: 24,
    MEANWHILE_SPECULATE: true,
    MEANWHILE_STACK_TRACES: false,
    MEANWHILE_MCP_WAIT_MS: 25_000,
    MEANWHILE_ALLOW_PRIVATE_URLS: false,
    MEANWHILE_ALLOW_NO_KEYS: false,
    MEANWHILE_JWT_TENANT_CLAIM: 'tenant',
  });
});

test('an empty string counts as not set', () => {
  const empty = Object.fromEntries(Object.keys(settings.shape).map((name) => [name, '']));
  expect(readConfig(empty)).toEqual(readConfig({}));
});

test.each([
  ['PORT', 'abc', 'PORT must be a whole number from 0 to 65535, not "abc".'],
  ['PORT', '-0.5', 'PORT must be a whole number from 0 to 65535, not "-0.5".'],
  ['PORT', '65536', 'PORT must be a whole number from 0 to 65535, not "65536".'],
  ['REDIS_URL', 'localhost:6379', 'REDIS_URL must begin with redis:// or rediss://.'],
  ['REDIS_URL', 'redis://:a#b@c', 'REDIS_URL is not a URL; encode characters such as'],
  ['MEANWHILE_MAX_RUNNING', '0', 'must be a whole number from 1 to 1000, not "0".'],
  ['MEANWHILE_CONTEXT_TOKENS', '1999', 'must be a whole number from 2000 to 10000000, not "1999".'],
  ['TEMPORAL_ADDRESS', 'https://t:7233', 'must be host:port, not "https://t:7233".'],
  ['TEMPORAL_ADDRESS', 'localhost', 'must be host:port, not "localhost".'],
  [
    'OPENAI_PROFILE',
    'ollama',
    'must be one of openai, compatible, alternating, tool_result, async_tools, not "ollama".',
  ],
  ['OPENAI_API', 'assistants', 'must be chat or responses, not "assistants".'],
])('%s=%s is refused with the values allowed', (name, value, message) => {
  const error = refusal({ [name]: value });
  expect(error).toContain(message);
  expect(error).toContain(`${name} `);
  expect(error.split('\n')).toHaveLength(1);
});

test('the error names all invalid settings at once, each with its purpose', () => {
  expect(refusal({ PORT: 'x', OPENAI_API: 'y' }).split('\n')).toEqual([
    'PORT must be a whole number from 0 to 65535, not "x". (Port of the API. 0 picks a free one.)',
    expect.stringMatching(/^OPENAI_API must be chat or responses, not "y"\. \(/),
  ]);
});

test('the settings of an identity provider are set together or not at all', () => {
  const [issuer, audience] = ['https://login.example', 'meanwhile'];
  expect(refusal({ MEANWHILE_JWT_ISSUER: issuer, MEANWHILE_JWT_AUDIENCE: audience })).toBe(
    'MEANWHILE_JWT_KEYS_URL must be set too: MEANWHILE_JWT_ISSUER, MEANWHILE_JWT_AUDIENCE, MEANWHILE_JWT_KEYS_URL are needed together.',
  );
});

test('a value that may hold a key or a password is never shown', () => {
  const error = refusal({
    DATABASE_URL: 'mysql://root:geheim@db/x',
    OPENAI_BASE_URL: 'ftp://user:geheim@x',
  });
  expect(error).toContain('DATABASE_URL must begin with postgres:// or postgresql://. (');
  expect(error).toContain('OPENAI_BASE_URL must begin with http:// or https://. (');
  expect(error).not.toContain('geheim');
});

test.each(['temporal:7233', '127.0.0.1:7233', '[::1]:7233', 'ns.acct.tmprl.cloud:7233'])(
  'TEMPORAL_ADDRESS=%s is accepted',
  (address) => {
    expect(readConfig({ TEMPORAL_ADDRESS: address }).TEMPORAL_ADDRESS).toBe(address);
  },
);

test('the cache folder is where the operating system keeps caches', () => {
  expect(cacheFolder({}, 'linux', '/home/a')).toBe(join('/home/a', '.cache', 'meanwhile'));
  expect(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux', '/home/a')).toBe(join('/c', 'meanwhile'));
  expect(cacheFolder({}, 'darwin', '/Users/a')).toBe(join('/Users/a', 'Library/Caches/meanwhile'));
  expect(cacheFolder({ LOCALAPPDATA: '/l' }, 'win32', '/u')).toBe(join('/l', 'meanwhile', 'Cache'));
});

function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Every line is a comment: copying the file as it is changes nothing. */
function example(): string {
  const defaults: Record<string, string | number | boolean | undefined> = readConfig({});
  const blocks = Object.entries(settings.shape).map(
    ([name, { description }]) => `# ${description}\n# ${name}=${defaults[name] ?? ''}\n`,
  );
  return ['# Copy to .env and uncomment what you set.\n', ...blocks].join('\n');
}
