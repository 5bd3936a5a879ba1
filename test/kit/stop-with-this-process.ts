/** Servers of tests end with the process that started them, however that ends. */
import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Test workers are killed without notice, so a handler in this process is not enough. A shell waits for the end of a pipe that only
 * this process holds open, and then ends the server and removes its folder.
 */
export function stopWithThisProcess(
  server: ChildProcess,
  folder: string,
  signal: 'QUIT' | 'KILL',
): void {
  // One that is stopped hears nothing before it goes on.
  const script =
    'read -r _; kill -CONT "$0"; kill "-$2" "$0" && while kill -0 "$0"; do sleep 1; done; rm -rf "$1"';
  const watcher = spawn('sh', ['-c', script, String(server.pid), folder, signal], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to the whole group; the watcher outlives it.
    detached: true,
  });
  watcher.unref();
  server.once('exit', () => watcher.kill('SIGKILL'));
}
