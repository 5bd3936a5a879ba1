/*
 * Starts keepers for the service. A process blocks while it spawns another, and the longer the larger it is. This one is small. It reads one
 * line of JSON for each keeper, `{ args, env }`, and ends with its service. It is plain JavaScript, which starts faster.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
  const { args, env } = JSON.parse(line);
  // If the keeper could not be started, its files are missing from the folder.
  spawn(process.execPath, args, { env, stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
