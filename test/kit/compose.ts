/** docker-compose.yml and Dockerfile, as far as tests run what they say without containers. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** As it is if nothing is set in the environment. `$$` is how the file writes a dollar sign. */
const text = z.coerce
  .string()
  .transform((value) => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1').replaceAll('$$', '$'));
const texts = z.array(text).default([]);

const service = z.object({
  image: text,
  command: texts,
  entrypoint: texts,
  environment: z.record(z.string(), text).default({}),
  ports: texts,
  volumes: texts,
  tmpfs: texts,
  read_only: z.boolean().default(false),
  stop_grace_period: z.string().optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: texts }).optional(),
});

export type ComposeService = z.infer<typeof service>;

const NAMES = [
  'postgres',
  'redis',
  'temporal-schema',
  'temporal',
  'temporal-namespace',
  'temporal-ui',
  'api',
  'worker',
] as const;

const compose = z.object({
  services: z.strictObject(
    Object.fromEntries(NAMES.map((name) => [name, service])) as Record<
      (typeof NAMES)[number],
      typeof service
    >,
  ),
  configs: z.object({ 'temporal-dynamic': z.object({ content: text }) }),
});

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

export async function readCompose(): Promise<z.infer<typeof compose>> {
  const file = await readFile(`${REPOSITORY}docker-compose.yml`, 'utf8');
  return compose.parse(parse(file, { merge: true }));
}

/** The databases of its Temporal cluster, and the schema of each. */
export function schemasIn({ command }: ComposeService): Record<string, string> {
  const lines = command.join('\n').matchAll(/^prepare (\w+) (\S+)$/gm);
  return Object.fromEntries([...lines].map(([, database, schema]) => [database!, schema!]));
}

/** What the Dockerfile copies into the image, each to the same place below the program's folder. */
export async function copiedPaths(): Promise<string[]> {
  const file = await readFile(`${REPOSITORY}Dockerfile`, 'utf8');
  return [...file.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
    sources!.split(' '),
  );
}
