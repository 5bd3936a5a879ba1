/** `meanwhile doctor`: asks the configured model server a few small questions, and says which settings fit it. */
import type { Settings } from '../config.ts';
import { examine } from './doctor/examine.ts';
import { printAdvice, printFinding } from './doctor/print.ts';
import { createModelClient } from '../model/client.ts';
import { isDemo } from './model.ts';

/** Exit code 1 if no settings fit the server, 2 if no server is configured, 130 after Ctrl-C. */
export async function doctor(settings: Settings): Promise<void> {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL, OPENAI_MODEL: model } = settings;
  if (isDemo(settings)) {
    console.error(
      'No model server is configured. Set OPENAI_API_KEY, or OPENAI_BASE_URL for your own server, and OPENAI_MODEL.',
    );
    process.exitCode = 2;
    return;
  }
  const profile = settings.OPENAI_PROFILE ?? (baseURL === undefined ? 'openai' : 'compatible');
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort(new Error('Stopped.')));
  console.log(`Asking ${model} at ${baseURL ?? 'OpenAI'} …\n`);
  try {
    const examination = await examine({
      clients: {
        chat: createModelClient({ api: 'chat', apiKey, baseURL }),
        responses: createModelClient({ api: 'responses', apiKey, baseURL }),
      },
      model,
      profile,
      api: settings.OPENAI_API,
      context_tokens: settings.MEANWHILE_CONTEXT_TOKENS,
      signal: stopping.signal,
      found: (finding) => console.log(printFinding(finding)),
    });
    console.log(`\n${printAdvice(examination, { ...settings, OPENAI_PROFILE: profile })}`);
    if (!examination.fits) process.exitCode = 1;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    process.exitCode = 130;
  }
}
