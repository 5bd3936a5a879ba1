/**
 * What the two OpenAI APIs accept, as JSON schemas made from the request types of the installed `openai` package: it is generated
 * from OpenAI's own specification, and a schema of our own would only repeat what we validate.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

const TYPES = { chat: 'ChatRequest', responses: 'ResponsesRequest' } as const;

const path = fileURLToPath(new URL('types.ts', import.meta.url));
const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));

const options = {
  // The generator has a compiler of its own, older than ours, that need not know all that ours does.
  skipTypeCheck: true,
  // A misspelt field is a field too many.
  additionalProperties: false,
  expose: 'none',
  topRef: false,
  jsDoc: 'none',
} as const;

/** @returns a function that says what is wrong with a body, nothing if nothing is */
export async function requestChecker(
  api: keyof typeof TYPES,
): Promise<(body: unknown) => string[]> {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  const check = ajv.compile(await schemaOf(TYPES[api]));
  return (body) => (check(body) ? [] : explain(check.errors ?? []));
}

/** Making one takes some seconds, so it is kept as long as what it is made from. */
async function schemaOf(type: string): Promise<object> {
  const folder = 'node_modules/.cache/meanwhile/requests';
  const file = join(folder, `${type}-${await version()}.json`);
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known);
  const schema = createGenerator({ ...options, path, tsconfig, type }).createSchema(type);
  await mkdir(folder, { recursive: true });
  // Several tests may be at it.
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify(schema));
  await rename(mine, file);
  return schema;
}

async function version(): Promise<string> {
  const packages = ['openai', 'ts-json-schema-generator'];
  const files = [...packages.map((name) => `node_modules/${name}/package.json`), path];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const parts = JSON.stringify([texts, options]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 16);
}

/** Each branch of a union reports errors, including those of branches that were not meant. */
function explain(errors: ErrorObject[]): string[] {
  const lines = errors.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  return [...new Set(lines)];
}
