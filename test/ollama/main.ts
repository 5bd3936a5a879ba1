/** `npm run test:ollama`: the service with a real Ollama and a real model. Not in CI, which has neither. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startTestService } from '../kit/service.ts';
import { checks, type OllamaOutcome } from './checks.ts';
import { connect, type Ollama } from './server.ts';

const USAGE = `Usage: npm run test:ollama -- [options]

Starts a service of its own, with a Temporal server and data of its own, lets a model of Ollama answer, and says what was seen:
  talk                                    a message is answered
  an interrupt stops the generation       in the log, in Ollama's /api/ps, and in the load of its runner where that is on this machine
  a prompt that is too long is survived   40,000 tokens, and then an ordinary message
  tools that are refused are said to be   by a model with the same weights and a plain template, which it makes and removes again

  --url URL      Of Ollama. Default: OPENAI_BASE_URL, or http://127.0.0.1:11434.
  --model NAME   A model that Ollama has. Default: OPENAI_MODEL, or the first that it lists.
  --patience N   Seconds that the model may take over one thing. Default: 300.
  --help         Shows this.

Exit code 1 when a check failed, 2 when it could not be run.`;

const SIGN = { ok: '✓', failed: '✗', 'not tried': '–' } satisfies Record<
  OllamaOutcome['verdict'],
  string
>;
const WITHOUT_TOOLS = 'meanwhile-test-without-tools';
const EXTENSIONS = fileURLToPath(new URL('extensions', import.meta.url));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:11434' },
      model: { type: 'string', default: process.env.OPENAI_MODEL },
      patience: { type: 'string', default: '300' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const patience_ms = Number(values.patience) * 1_000;
  if (!(patience_ms > 0)) throw new Error('--patience must be a number of seconds.');
  const ollama = connect(values.url.replace(/\/+(v1\/*)?$/, ''));
  const version = await ollama.version();
  const model = values.model ?? (await ollama.firstModel());
  const capabilities = await ollama.capabilities(model);
  console.log(`Ollama ${version} at ${ollama.url}, model ${model} (${capabilities.join(', ')})\n`);
  const without_tools = await deriveWithoutTools(ollama, model);
  try {
    await run(ollama, { model, without_tools, patience_ms });
  } finally {
    if (without_tools === WITHOUT_TOOLS) await ollama.remove(WITHOUT_TOOLS);
  }
}

async function run(
  ollama: Ollama,
  given: { model: string; without_tools: string | undefined; patience_ms: number },
): Promise<void> {
  const service = await startTestService({
    env: {
      OPENAI_BASE_URL: `${ollama.url}/v1`,
      OPENAI_MODEL: given.model,
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      MEANWHILE_MODEL_ATTEMPTS: '1',
      MEANWHILE_FIRST_TOKEN_MS: String(given.patience_ms),
      OLLAMA_TEST_MODEL_WITHOUT_TOOLS: given.without_tools ?? 'none',
    },
  });
  try {
    for (const [name, check] of Object.entries(checks)) {
      const { verdict, seen } = await check({ client: service.client, ollama, ...given }).catch(
        (error: Error): OllamaOutcome => ({ verdict: 'failed', seen: error.message }),
      );
      console.log(`${SIGN[verdict]} ${name}: ${seen}`);
      if (verdict === 'failed') process.exitCode = 1;
    }
  } finally {
    await service.remove();
  }
}

/** Undefined where Ollama says that the model takes tools whatever its template is. */
async function deriveWithoutTools(ollama: Ollama, model: string): Promise<string | undefined> {
  if (!(await ollama.capabilities(model)).includes('tools')) return model;
  await ollama.derive(WITHOUT_TOOLS, model, '{{ .Prompt }}');
  if (!(await ollama.capabilities(WITHOUT_TOOLS)).includes('tools')) return WITHOUT_TOOLS;
  await ollama.remove(WITHOUT_TOOLS);
  return undefined;
}

try {
  await main();
} catch (error) {
  console.error(`${(error as Error).message}\n\nnpm run test:ollama -- --help says more.`);
  process.exitCode = 2;
}
