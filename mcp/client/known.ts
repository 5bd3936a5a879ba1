/**
 * The servers' tool declarations from earlier starts. A call that outlived its worker needs its tool at once, and a server takes time
 * to answer.
 */
import type { PriorDiscovery, Tool as Upstream } from '@modelcontextprotocol/client';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { fingerprint } from './declare.ts';

export interface KnownServer {
  era?: PriorDiscovery;
  tools: Upstream[];
  /** By tool, the fingerprint of the first declaration that the server gave. */
  first: Record<string, string>;
  /** Calls have used a shared process of this server. Its state is lost at the next start. */
  used?: boolean;
}

export interface KnownServers {
  of(server: string): KnownServer;
  /** Stores what is given. Never rejects, since the service works without the file. */
  note(server: string, seen: Partial<Pick<KnownServer, 'era' | 'tools' | 'used'>>): Promise<void>;
}

const known = z.looseObject({
  era: z.custom<PriorDiscovery>((given) => typeof given === 'object' && given !== null).optional(),
  tools: z.array(
    z.custom<Upstream>((given) => typeof (given as Upstream | null)?.name === 'string'),
  ),
  first: z.record(z.string(), z.string()),
  used: z.boolean().optional(),
});

const file = z.record(z.string(), known);

/** A file that cannot be read counts as empty. */
export async function openKnown(path: string): Promise<KnownServers> {
  const parsed = file.safeParse(
    await readFile(path, 'utf8')
      .then((text) => JSON.parse(text) as unknown)
      .catch(() => ({})),
  );
  const all = new Map<string, KnownServer>(Object.entries(parsed.data ?? {}));
  const of = (server: string) => all.get(server) ?? { tools: [], first: {} };
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const draft = `${path}.${randomUUID()}`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, JSON.stringify(Object.fromEntries(all)));
    await rename(draft, path);
  }

  return {
    of,
    note(server, seen) {
      const known = of(server);
      for (const tool of seen.tools ?? []) known.first[tool.name] ??= fingerprint(tool);
      all.set(server, { ...known, ...seen });
      writing = writing.then(write).catch(() => {});
      return writing;
    },
  };
}
