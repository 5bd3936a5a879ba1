/*
 * Starts keepers for the service: a process stands still while it starts another, the longer the larger it is, and this one is
 * small. Reads a line of JSON for each, `{ args, env }`, and ends with its service. Plain JavaScript, which starts faster.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
  const { args, env } = JSON.parse(line);
  // That it could not be started is seen by what is missing in its folder.
  spawn(process.execPath, args, { env, stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
