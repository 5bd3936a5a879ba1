/**
 * `meanwhile keys`: the operator manages API keys. With DATABASE_URL they are in that database. Otherwise the command calls the service
 * that runs on this home, with a token signed by its secret; if none runs, it opens the store itself.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createKey, managedBy, revokeKey, rotateKey } from '../security/access/manage.ts';
import { signToken } from '../security/access/token.ts';
import { APIError } from '../client/errors.ts';
import { Http } from '../client/http.ts';
import type { Settings } from '../config.ts';
import type { ApiKey } from '../contract/access.ts';
import { DEFAULT_TENANT } from '../contract/names.ts';
import { keyringOf } from '../security/encryption/open.ts';
import { serviceSecretOf } from '../security/remote/secret.ts';
import { openStore } from '../store/open.ts';
import type { KeyStore } from '../store/key-store.ts';
import { reasonOf } from './chat/reason.ts';
import { HomeInUse, type HomeLock, lockHome, runningAt } from './home-lock.ts';
import type { KeysTask } from './keys-arguments.ts';
import { report } from './run-service.ts';

/** Exit code 1 on failure. The key itself is the only line that `create` and `rotate` write to standard output. */
export async function keys(settings: Settings, task: KeysTask): Promise<void> {
  try {
    await withKeys(settings, (manager) => run(task, manager));
  } catch (error) {
    report(error instanceof APIError ? new Error(reasonOf(error), { cause: error }) : error);
  }
}

async function run(task: KeysTask, manager: Manager): Promise<void> {
  switch (task.action) {
    case 'create':
      return show(await manager.create(task));
    case 'rotate': {
      const made = await manager.rotate(task);
      show(made);
      console.error(`${task.id} stays valid for ${task.overlap_s} s.`);
      return;
    }
    case 'revoke': {
      const ended = await manager.revoke(task.id);
      console.error(
        `${ended.id} (${ended.name}) is revoked. Every process refuses it within 10 s.`,
      );
      return;
    }
    case 'list':
      for (const line of table(await manager.list(task.tenant ?? DEFAULT_TENANT)))
        console.log(line);
  }
}

type Create = Extract<KeysTask, { action: 'create' }>;
type Rotate = Extract<KeysTask, { action: 'rotate' }>;

interface Manager {
  create(wanted: Create): Promise<ApiKey & { key: string }>;
  list(tenant: string): Promise<ApiKey[]>;
  rotate(wanted: Rotate): Promise<ApiKey & { key: string }>;
  revoke(id: string): Promise<ApiKey>;
}

async function withKeys(settings: Settings, use: (manager: Manager) => Promise<void>) {
  const { DATABASE_URL: url, MEANWHILE_HOME } = settings;
  const home = resolve(MEANWHILE_HOME);
  await mkdir(home, { recursive: true });
  const lock = url === undefined ? lockUnlessRunning(home) : undefined;
  if (typeof lock === 'string') return use(remote(lock, await serviceSecretOf(settings)));
  try {
    const store = await openStore({ url, folder: `${home}/store`, keyring: keyringOf(settings) });
    try {
      await use(local(store));
    } finally {
      await store.close();
    }
  } finally {
    lock?.release();
  }
}

/**
 * The lock of the home, or the URL of the service that holds it. Only the lock says whether it runs: the URL outlives a killed one.
 * @throws HomeInUse while that service is starting
 */
function lockUnlessRunning(home: string): HomeLock | string {
  try {
    return lockHome(home);
  } catch (error) {
    const running = error instanceof HomeInUse ? runningAt(home) : undefined;
    if (running === undefined) throw error;
    return running;
  }
}

function local(store: KeyStore): Manager {
  const find = async (id: string) => {
    const key = await store.findKey({ id });
    if (!key) throw new Error(`There is no key ${id}.`);
    return { id, tenants: [key.tenant] };
  };
  return {
    create: ({ tenant = DEFAULT_TENANT, ...wanted }) => createKey(store, tenant, wanted),
    list: (tenant) => store.listKeys(managedBy(tenant)),
    async rotate({ id, overlap_s }) {
      const made = await rotateKey(store, await find(id), { overlap_s });
      if (made === 'ended') throw new Error(`${id} was revoked or has expired.`);
      return made!;
    },
    revoke: async (id) => (await revokeKey(store, await find(id)))!,
  };
}

/** Long enough for one request. Milliseconds. */
const TOKEN_MS = 60_000;

function remote(url: string, secret: string): Manager {
  const token = signToken(secret, { kind: 'operator', expires_at: Date.now() + TOKEN_MS });
  const http = new Http({ baseURL: url, apiKey: token, maxRetries: 0 });
  return {
    create: ({ kind: _, action: __, ...body }) => http.post('/v1/keys', body),
    list: async (tenant) =>
      (await http.get<{ keys: ApiKey[] }>(`/v1/keys?tenant=${encodeURIComponent(tenant)}`)).keys,
    rotate: ({ id, overlap_s }) => http.post(`/v1/keys/${id}/rotate`, { overlap_s }),
    revoke: (id) => http.delete(`/v1/keys/${id}`),
  };
}

function show({ key, id, tenant, scopes, expires_at }: ApiKey & { key: string }): void {
  console.log(key);
  const until = expires_at === undefined ? 'without expiry' : `until ${expires_at}`;
  console.error(
    `${id}, for the tenant ${tenant}: ${scopes.join(', ')}, ${until}. The key is shown this once.`,
  );
}

function table(all: ApiKey[]): string[] {
  if (all.length === 0) return ['There are no keys.'];
  const rows = all.map((key) => [
    key.id,
    key.hint,
    key.tenant,
    key.name,
    key.scopes.join(','),
    stateOf(key),
    key.last_used_at === undefined ? 'never used' : `used ${key.last_used_at}`,
  ]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function stateOf({ revoked_at, expires_at }: ApiKey): string {
  if (revoked_at !== undefined) return `revoked ${revoked_at}`;
  if (expires_at === undefined) return 'valid';
  return `${Date.parse(expires_at) <= Date.now() ? 'expired' : 'valid until'} ${expires_at}`;
}
