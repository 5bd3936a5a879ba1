/** Servers that a harness's proxy declares while the service runs. They are stored, since their calls may outlive the service. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { declaredServer, type DeclaredServer } from '../../tools/declared-server.ts';
import type { McpServer } from './config.ts';

export interface DeclaredServers {
  all(): McpServer[];
  /** The tenant that declared the server. Undefined if it was not declared. */
  tenantOf(id: string): string | undefined;
  /** @throws the error of a file that cannot be written */
  add(server: McpServer, tenant: string): Promise<void>;
}

/** No approval here: the harness behind the proxy has asked its user already whether the tool may run. */
const SETTINGS = { session: 'warm', approve_changes: false, approval: false, tools: {} } as const;

/** The server's name becomes a readable id that differs for each tenant and each transport. */
export function asDeclared({ name, transport, tenant }: DeclaredServer): McpServer {
  const hash = createHash('sha256')
    .update(JSON.stringify([tenant, transport]))
    .digest('hex')
    .slice(0, 6);
  const readable = name.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, 30);
  const id = /^[A-Za-z]/.test(readable) ? readable : `m${readable}`;
  return { name: `${id}-${hash}`, transport, settings: SETTINGS };
}

const file = z.array(declaredServer);

/** A file that cannot be read counts as empty. */
export async function openDeclared(path: string): Promise<DeclaredServers> {
  const text = await readFile(path, 'utf8').catch(() => '[]');
  const parsed = file.safeParse(parse(text));
  const servers = new Map<string, { tenant: string; server: McpServer }>();
  for (const { name, tenant, transport } of parsed.data ?? []) {
    const server = { name, transport, settings: SETTINGS };
    servers.set(name, { tenant, server });
  }
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const draft = `${path}.${randomUUID()}`;
    const kept = [...servers.values()].map(({ tenant, server: { name, transport } }) => ({
      name,
      tenant,
      transport,
    }));
    // Their environments may hold secrets.
    await writeFile(draft, JSON.stringify(kept), { mode: 0o600 });
    await rename(draft, path);
  }

  return {
    all: () => [...servers.values()].map(({ server }) => server),
    tenantOf: (id) => servers.get(id)?.tenant,
    add(server, tenant) {
      servers.set(server.name, { tenant, server });
      writing = writing.then(write, write);
      return writing;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}
