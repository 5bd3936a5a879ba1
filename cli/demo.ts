/** `meanwhile demo`: plays the scenario live, against the service that runs here or one of its own. */
import type { Settings } from '../config.ts';
import { playScenario } from '../demo/scenario.ts';
import { MeanwhileClient } from '../client/client.ts';
import { startService } from './service.ts';

/** Sets the exit code: 1 when something of the scenario did not happen. */
export async function demo(settings: Settings): Promise<void> {
  const running = `http://${settings.HOST}:${settings.PORT}`;
  const own = (await isMeanwhile(running))
    ? undefined
    : await startService(settings, { log: console.log });
  const url = own?.url ?? running;
  console.log(`\n${own ? 'A service of its own' : 'The running service'} at ${url}\n`);
  try {
    const seen = await playScenario(new MeanwhileClient(url), (text) => process.stdout.write(text));
    console.log(`\nAll of it happened:\n${seen.map((line) => `  ✓ ${line}`).join('\n')}`);
  } catch (error) {
    console.error(`\n${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    await own?.close();
  }
  process.exit();
}

/** Something else may listen there. */
async function isMeanwhile(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(2_000) });
    const document = (await response.json()) as { info?: { title?: string } };
    return document.info?.title === 'Meanwhile';
  } catch {
    return false;
  }
}
