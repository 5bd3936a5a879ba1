/** A service with keys, and a conversation in it with calls in several states. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Meanwhile } from '../../client/meanwhile.ts';
import { watch } from '../../client/watch.ts';
import { signPushToken } from '../../security/remote/push-token.ts';
import { type StubRequest, startStubModel } from '../kit/model-server.ts';
import { startTestService, type TestService } from '../kit/service.ts';

export interface Ground {
  url: string;
  /** API key of an administrator of the tenant that has the conversation. */
  key: string;
  key_id: string;
  /** API key of an administrator of a tenant that has nothing. */
  other_key: string;
  /** Parameters of paths that exist. */
  known: { id: string; call_id: string; n: string; token: string; key_id: string };
  service: TestService;
  remove(): Promise<void>;
}

const SECRET = 'a secret of the tests that is long enough';
const EXTENSIONS = fileURLToPath(new URL('../e2e/extensions', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));

/** @param temporal host:port. Default: the service starts a server of its own */
export async function prepareGround(temporal?: string): Promise<Ground> {
  const model = await startStubModel(answer);
  const service = await startTestService({
    ...(temporal !== undefined && { temporal }),
    env: {
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'stub',
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      MEANWHILE_SECRET: SECRET,
    },
  });
  const remove = async () => {
    await service.remove();
    await model.close();
  };
  try {
    const own = await makeKey(service, 'own');
    const spare = await makeKey(service, 'spare');
    const other = await makeKey(service, 'other', '--tenant', 'other');
    const known = { ...(await talk(service.url, own.key)), key_id: spare.key_id };
    const { url } = service;
    return { url, ...own, other_key: other.key, known, service, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function makeKey({ home }: TestService, name: string, ...more: string[]) {
  const args = ['keys', 'create', '--name', name, '--scopes', 'read,write,approve,admin', ...more];
  const env = { ...process.env, MEANWHILE_HOME: home, MEANWHILE_SECRET: SECRET };
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, [COMMAND, ...args], { cwd: home, env });
  return { key: stdout.trim(), key_id: /key_\w+/.exec(stderr)![0] };
}

/** A payment waits for a person, and a report is too large for the log. */
async function talk(url: string, apiKey: string) {
  const client = new Meanwhile({ baseURL: url, apiKey });
  const { id } = await client.conversations.create({ message: { text: 'Pay, and report.' } });
  const log = watch(client, id);
  try {
    const waiting = () => log.of('call.awaiting_approval')[0];
    await log.until('the report is there', () => log.of('call.completed')[0]?.stored);
    const { call_id } = await log.until('the payment waits', waiting);
    const claims = { tenant: 'default', conversation: id, call_id };
    const token = signPushToken(SECRET, { ...claims, expires_at: Date.now() + 3_600_000 });
    return { id, call_id, n: 'end', token };
  } finally {
    await log.close();
  }
}

function answer({ messages }: StubRequest) {
  const isAsked = messages.some((m) => m.role === 'assistant' && m.calls.length > 0);
  const isGround = messages.some((m) => m.role === 'user' && m.text === 'Pay, and report.');
  if (isAsked || !isGround) return { text: 'Ok.' };
  const pay = { name: 'pays', arguments: JSON.stringify({ amount: 20 }) };
  return { text: 'I do.', calls: [pay, { name: 'reports', arguments: '{}' }] };
}
