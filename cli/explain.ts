/** `meanwhile explain <id>`: why the agent spoke, turn by turn, according to the running service. */
import { Meanwhile } from '../client/meanwhile.ts';
import type { Settings } from '../config.ts';
import { serviceUrl } from '../contract/service-url.ts';
import type { Turn } from '../contract/turns.ts';
import { failedRequest } from './failed-request.ts';
import { printTurn } from './print-turn.ts';
import { report } from './run-service.ts';

/** Exit code 1 if no service answers, or if there is no such conversation. */
export async function explain(
  { HOST, PORT, MEANWHILE_API_KEY: apiKey }: Pick<Settings, 'HOST' | 'PORT' | 'MEANWHILE_API_KEY'>,
  id: string,
): Promise<void> {
  const url = serviceUrl(HOST, PORT);
  const client = new Meanwhile({ baseURL: url, apiKey, maxRetries: 0 });
  try {
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: { turns: Turn[]; next_after?: number } = await client.get(
        `/v1/conversations/${encodeURIComponent(id)}/turns?after=${after}`,
      );
      for (const turn of page.turns) console.log(`${printTurn(turn)}\n`);
      if (after === 0 && page.turns.length === 0) console.log('Nothing has been said yet.');
      after = page.next_after;
    }
  } catch (error) {
    report(failedRequest(error, url, 'set HOST and PORT to its address'));
  }
}
