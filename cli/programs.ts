/** Programs of tools, which keep running when the service stops. */
import { runningIn } from '../tools/keeper/running.ts';
import { mcpCallsIn } from '../tools/mcp-running.ts';
import { spoolRoot } from '../tools/keeper/sweep.ts';
import type { Stack } from './stack.ts';

/**
 * Registers a step of the shutdown that logs the programs which keep running. Call it before the worker opens: it then runs after the
 * worker has closed.
 */
export function logRunningPrograms(home: string, log: (line: string) => void, stack: Stack) {
  return stack.opening('The programs', undefined, async () => {
    const root = spoolRoot(home);
    for (const label of [...(await runningIn(root)), ...(await mcpCallsIn(root))]) {
      log(`${label} keeps running; the next start will find it.`);
    }
  });
}
