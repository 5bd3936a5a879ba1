/** How this process asks models: for replies, for summaries, and early. */
import { Runtime } from '@temporalio/worker';
import { createGuesses, type Guesses } from '../activities/reply/guesses.ts';
import { createKnownLogs } from '../activities/log/known-logs.ts';
import { createModelClient } from '../model/client.ts';
import type { WorkerOptions } from './options.ts';

export type AskingParts = ReturnType<typeof askingOf>;

export const askingOf = ({
  settings,
  store,
  catalogue,
  model,
}: Pick<WorkerOptions, 'settings' | 'store' | 'catalogue' | 'model'>) => ({
  settings,
  store,
  catalogue,
  model: createModelClient({
    api: settings.OPENAI_API,
    ...model.access,
    settings,
    note: (line) => Runtime.instance().logger.warn(line),
  }),
  defaultModel: model.name,
  defaultProfile: model.profile,
  logs: createKnownLogs(),
});

export interface CountedGuesses extends Guesses {
  /** Counted since the start of the process. */
  counts: { adopted: number; refused: number; wasted_tokens: number };
}

export function createSpeculation(asking: AskingParts): CountedGuesses {
  const counts = { adopted: 0, refused: 0, wasted_tokens: 0 };
  const guesses = createGuesses({
    ...asking,
    outcome(outcome, wasted_tokens) {
      counts[outcome] += 1;
      counts.wasted_tokens += wasted_tokens;
    },
  });
  return { ...guesses, counts };
}
