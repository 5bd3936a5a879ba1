/** Serves the files of the page, which are compiled ahead, with headers that let it load nothing else. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { Problem } from '../problems.ts';

/** Does nothing if the service has no page. */
export function pageRoutes(app: Api, { page }: Pick<ApiDependencies, 'page'>): void {
  if (!page) return;
  let loading: Promise<Files | undefined> | undefined;
  const files = () => {
    loading ??= page().then((folder) => (folder === undefined ? undefined : load(folder)));
    // A failure is not cached.
    loading.catch(() => (loading = undefined));
    return loading;
  };

  app.get('/', { config: PUBLIC, schema: { hide: true } }, async (request, reply) => {
    const found = await files();
    if (!found) return reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);
    return send(reply, found.get('index.html')!, request.headers['accept-encoding']);
  });
  app.get(
    '/assets/:name',
    { config: PUBLIC, schema: { hide: true, params: z.object({ name: z.string() }) } },
    async (request, reply) => {
      const file = (await files())?.get(`assets/${request.params.name}`);
      if (!file) throw new Problem('not_found', `There is no ${request.url.split('?')[0]}.`);
      // The name of a file is a hash of its content.
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return send(reply, file, request.headers['accept-encoding']);
    },
  );
}

/** The page contains no data of a tenant: it asks the user for a key, and fetches the data with it. */
const PUBLIC = { needs: 'public' } as const;

const NOT_BUILT =
  'The page has not been built. Run `npm ci`, or `npm run build`, in the repository.\n';

interface File {
  type: string;
  body: Buffer;
  /** By content encoding. */
  encoded: Map<string, Buffer>;
}
type Files = Map<string, File>;

/** Keeps the few files in memory, so that a new build does not remove them while pages are open. */
async function load(folder: string): Promise<Files> {
  const names = await readdir(folder, { recursive: true });
  const sources = names.filter((name) => TYPES[extname(name)] !== undefined);
  const read = async (name: string): Promise<[string, File]> => {
    const encoded = new Map<string, Buffer>();
    for (const [encoding, extension] of Object.entries(ENCODINGS)) {
      const twin = `${name}${extension}`;
      if (names.includes(twin)) encoded.set(encoding, await readFile(join(folder, twin)));
    }
    const body = await readFile(join(folder, name));
    return [name.replaceAll('\\', '/'), { type: TYPES[extname(name)]!, body, encoded }];
  };
  return new Map(await Promise.all(sources.map(read)));
}

/** In order of preference. */
const ENCODINGS = { br: '.br', gzip: '.gz' };

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function send(reply: FastifyReply, { type, body, encoded }: File, accepted: string | undefined) {
  const offers = new Set((accepted ?? '').split(',').map((each) => each.split(';')[0]!.trim()));
  const [encoding, bytes] = [...encoded].find(([name]) => offers.has(name)) ?? [];
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache');
  if (encoding) reply.header('content-encoding', encoding);
  return reply
    .headers(SAFE)
    .type(type)
    .send(bytes ?? body);
}

/** The page runs only its own script. Its content can load nothing and send nothing, and no other page can frame it. */
const SAFE = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types dompurify',
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'accept-encoding',
};
