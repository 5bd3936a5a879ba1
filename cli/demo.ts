/** `meanwhile demo`: plays the scenario live, on the service that runs at HOST and PORT or on one that it starts. */
import { Meanwhile } from '../client/meanwhile.ts';
import type { Settings } from '../config.ts';
import { serviceUrl } from '../contract/service-url.ts';
import { playScenario } from './demo/scenario.ts';
import { report, runService } from './run-service.ts';
import { startService } from './start.ts';

/** Exit code 1 if a step of the scenario did not happen. */
export async function demo(settings: Settings): Promise<void> {
  const running = serviceUrl(settings.HOST, settings.PORT);
  if (await isMeanwhile(running)) {
    await play(running, 'The running service', settings.MEANWHILE_API_KEY).catch(report);
    return;
  }
  await runService(
    (options) => startService(settings, options),
    ({ url }) => play(url, 'A service started for the demo', settings.MEANWHILE_API_KEY),
  );
}

async function play(url: string, whose: string, apiKey?: string): Promise<void> {
  console.log(`\n${whose} at ${url}\n`);
  const seen = await playScenario(new Meanwhile({ baseURL: url, apiKey }), (text) =>
    process.stdout.write(text),
  );
  console.log(
    `\nEverything happened as expected:\n${seen.map((line) => `  ✓ ${line}`).join('\n')}`,
  );
}

/** False if another program listens there. */
async function isMeanwhile(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(2_000) });
    const document = (await response.json()) as { info?: { title?: string } };
    return document.info?.title === 'Meanwhile';
  } catch {
    return false;
  }
}
