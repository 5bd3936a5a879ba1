/** docker-compose.yml and Dockerfile, as far as tests run what they say without containers. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** As it is where nothing is set in the environment. */
const text = z.coerce.string().transform((value) => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'));
const texts = z.array(text).default([]);

const service = z.object({
  command: texts,
  environment: z.record(z.string(), text).default({}),
  ports: texts,
  healthcheck: z.object({ test: z.array(z.string()) }),
});

const compose = z.object({
  services: z.object({ postgres: service, temporal: service, meanwhile: service }),
});

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** @returns its services */
export async function readCompose() {
  const file = await readFile(`${REPOSITORY}docker-compose.yml`, 'utf8');
  return compose.parse(parse(file)).services;
}

/** What the Dockerfile copies into the image, each to the same place below the program's folder. */
export async function copiedPaths(): Promise<string[]> {
  const file = await readFile(`${REPOSITORY}Dockerfile`, 'utf8');
  return [...file.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' '));
}
