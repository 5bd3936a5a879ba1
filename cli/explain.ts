/** `meanwhile explain <id>`: why the agent spoke, turn by turn, according to the running service. */
import { APIError } from '../client/errors.ts';
import { Meanwhile } from '../client/meanwhile.ts';
import type { Settings } from '../config.ts';
import type { Turn } from '../contract/turns.ts';
import { printTurn } from './print-turn.ts';
import { report } from './run-service.ts';

/** Exit code 1 when the service does not answer, or knows no such conversation. */
export async function explain(
  { HOST, PORT, MEANWHILE_API_KEY: apiKey }: Settings,
  id: string,
): Promise<void> {
  const url = `http://${HOST}:${PORT}`;
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
    report(
      error instanceof APIError && error.problem
        ? new Error(error.problem.detail)
        : away(url, error),
    );
  }
}

/** The message of a fetch error says only that it failed. */
const away = (url: string, cause: unknown) =>
  new Error(`No service answers at ${url}. Set PORT and HOST to its address.`, { cause });
