/** A Temporal server for tests: its own, in a folder of its own, gone when the tests are. */
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTemporal } from '../../cli/temporal/start.ts';
import { removeFolder } from './remove-folder.ts';

export interface TestTemporal {
  /** host:port */
  address: string;
  uiUrl: string;
  /** Id of its current process. */
  readonly pid: number;
  close(): Promise<void>;
}

/** Never the one on the usual port, which may be somebody's. */
export async function startTestTemporal(log: (line: string) => void): Promise<TestTemporal> {
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-test-'));
  const guard = spawn(
    process.execPath,
    [fileURLToPath(new URL('temporal-guard.ts', import.meta.url)), home],
    { detached: true, windowsHide: true, stdio: ['pipe', 'ignore', 'inherit'] },
  );
  guard.unref();
  const dismiss = () => guard.kill();
  try {
    const temporal = await startTemporal({ home, preferredPort: 0, preferredUiPort: 0, log });
    return {
      address: temporal.address,
      uiUrl: temporal.uiUrl,
      get pid() {
        return temporal.pid;
      },
      async close() {
        await temporal.stop();
        dismiss();
        await removeFolder(home);
      },
    };
  } catch (error) {
    dismiss();
    await removeFolder(home);
    throw error;
  }
}
