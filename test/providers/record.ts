/**
 * Asks a real model server one small question through the service's own client, and keeps what it answered as a fixture of the table in this
 * folder (fixtures.ts): the request as it was sent without any secret, the answer as it came, cut where it was cut, and what the service
 * makes of it. Look through the file before you give it away.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ModelApi } from '../../model/message.ts';
import { outcomeOf } from './play.ts';

const HELP = `Records what a model server answers, as a fixture for the tests.

  npm run record-provider -- --name "words (my server 1.2)" [options]

  --name       what the fixture is called: the server, its version, and what is special
  --base-url   such as http://127.0.0.1:11434/v1   (default: OPENAI_BASE_URL)
  --api        chat or responses                   (default: OPENAI_API, or chat)
  --model      the model to ask                    (default: OPENAI_MODEL)
  --prompt     what it is asked                    (default: a greeting)
  --tools      offers it the tools look and find
  --out        where to write                      (default: test/providers/recorded/<name>.json)
  --help       shows this

The key is read from OPENAI_API_KEY, and is in no file. The test \`npx vitest run --project pure model/conformance\` plays what was recorded.
`;

interface Recorded {
  request?: { method: string; path: string; body: unknown };
  response?: { status: number; headers: Record<string, string>; chunks: string[] };
}

const readOptions = () =>
  parseArgs({
    options: {
      name: { type: 'string' },
      'base-url': { type: 'string', default: process.env.OPENAI_BASE_URL },
      api: { type: 'string', default: process.env.OPENAI_API ?? 'chat' },
      model: { type: 'string', default: process.env.OPENAI_MODEL },
      prompt: { type: 'string', default: 'Say good day, in two words.' },
      tools: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  }).values;

async function main(): Promise<void> {
  let values: ReturnType<typeof readOptions>;
  try {
    values = readOptions();
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (values.help) return void process.stdout.write(HELP);
  const { name, 'base-url': baseURL, model, api } = values;
  if (!name || !baseURL || !model || (api !== 'chat' && api !== 'responses')) {
    return refuse('--name, --base-url, --model and --api (chat or responses) are needed.');
  }
  const fixture = await record({ ...values, name, baseURL, model, api });
  const out = values.out ?? join(import.meta.dirname, 'recorded', `${fileName(name)}.json`);
  await mkdir(join(out, '..'), { recursive: true });
  await writeFile(out, `${JSON.stringify(fixture, undefined, 2)}\n`);
  process.stdout.write(`${out}\n${JSON.stringify(fixture.expect, undefined, 2)}\n`);
}

function refuse(message: string): void {
  process.stderr.write(`${message}\n\n${HELP}`);
  process.exitCode = 2;
}

interface Asked {
  name: string;
  api: ModelApi;
  baseURL: string;
  model: string;
  prompt: string;
  tools: boolean;
}

export async function record(
  { name, api, baseURL, model, prompt, tools }: Asked,
  apiKey = process.env.OPENAI_API_KEY,
) {
  const recorded: Recorded = {};
  const expect = await outcomeOf(
    { api },
    { baseURL, fetch: recordingInto(recorded), ...(apiKey !== undefined && { apiKey }) },
    { model, prompt, tools: tools ? ['look', 'find'] : [] },
  );
  const fixture = { name, api, ...recorded, expect };
  const text = JSON.stringify(fixture);
  // A server may quote the key.
  return JSON.parse(apiKey ? text.replaceAll(apiKey, '[key]') : text) as typeof fixture;
}

/** Where a request is sent again without what the server refused, the last one is kept. */
function recordingInto(recorded: Recorded): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const chunks: string[] = [];
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    recorded.request = {
      method: init?.method ?? 'GET',
      path: pathname,
      body: JSON.parse(String(init?.body ?? 'null')),
    };
    recorded.response = { status: response.status, headers: harmless(response.headers), chunks };
    const decoder = new TextDecoder();
    const keeping = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        // A character that is cut in two is kept whole, with what comes after it.
        chunks.push(decoder.decode(bytes, { stream: true }));
        controller.enqueue(bytes);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body?.pipeThrough(keeping), { status, statusText, headers });
  };
}

/** Others name accounts, machines and cookies. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms', 'x-should-retry'];

const harmless = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([header]) => KEPT_HEADERS.includes(header)));

const fileName = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

if (import.meta.main) await main();
