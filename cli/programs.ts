/** Programs of tools that go on when the service stops. */
import { runningIn } from '../tools/keeper/running.ts';
import { spoolRoot } from '../tools/keeper/sweep.ts';
import type { Stack } from './stack.ts';

/** Says, once the worker has stopped, what it has left running. To be called before the worker is opened. */
export function tellWhatGoesOn(home: string, log: (line: string) => void, stack: Stack) {
  return stack.opening('The programs', undefined, async () => {
    for (const label of await runningIn(spoolRoot(home))) {
      log(`${label} goes on; the next start finds it again.`);
    }
  });
}
