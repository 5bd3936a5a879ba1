/** Programs of tools that keep running when the service stops. */
import { runningIn } from '../tools/keeper/running.ts';
import { mcpCallsIn } from '../tools/mcp-running.ts';
import { spoolRoot } from '../tools/keeper/sweep.ts';
import type { Stack } from './stack.ts';

/** Once the worker has stopped, logs which programs it left running. Call before the worker is opened. */
export function tellWhatGoesOn(home: string, log: (line: string) => void, stack: Stack) {
  return stack.opening('The programs', undefined, async () => {
    const root = spoolRoot(home);
    for (const label of [...(await runningIn(root)), ...(await mcpCallsIn(root))]) {
      log(`${label} keeps running; the next start will find it.`);
    }
  });
}
