import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Ends the service of this home where this process is killed. The service has to be in a group of its own.
 * @returns the guard, which is to be killed when there is nothing left to guard
 */
export function guardHome(home: string): ChildProcess {
  const program = fileURLToPath(new URL('service-guard.ts', import.meta.url));
  const guard = spawn(process.execPath, [program, home], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  guard.unref();
  return guard;
}
