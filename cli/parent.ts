/**
 * `npm start` runs this process under a shell, and a SIGTERM to npm ends npm and the shell but does not reach this process. Without
 * this check, a supervisor that stops npm would leave the service running.
 */
import { startedByNpm } from '../config.ts';

const LOOK_MS = 250;

/** Calls `ended` once when the shell under which npm started us is gone. Does nothing if npm did not start us. */
export function whenNpmEnds(ended: () => void): void {
  if (!startedByNpm()) return;
  const parent = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looking);
    ended();
  }, LOOK_MS);
  looking.unref();
}
