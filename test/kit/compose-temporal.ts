/** The Temporal server of docker-compose.yml as a process: its flags, with this machine's address, ports and folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { terminate } from '../../cli/processes.ts';
import { identify } from '../../tools/process-identity.ts';
import { findTemporal } from '../../cli/temporal/find.ts';
import { waitForTemporal } from '../../cli/temporal/ready.ts';
import { writeRecord } from '../../cli/temporal/record.ts';
import type { TestTemporal } from './temporal.ts';

/** @param command as the Compose file has it. @throws Error with what the server said, when it is not ready in time */
export async function startComposeTemporal(
  command: string[],
): Promise<Pick<TestTemporal, 'address' | 'close'>> {
  const program = await findTemporal(console.log, AbortSignal.timeout(600_000));
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-compose-'));
  const [port, uiPort] = [await getPort(), await getPort()];
  const database = join(home, 'temporal.db');
  const flags = replaced(command, {
    '--ip': '127.0.0.1',
    '--port': String(port),
    '--ui-port': String(uiPort),
    '--db-filename': database,
  });
  const guard = spawn(
    process.execPath,
    [fileURLToPath(new URL('temporal-guard.ts', import.meta.url)), home],
    { detached: true, stdio: ['pipe', 'ignore', 'inherit'] },
  );
  guard.unref();
  const server = spawn(program, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const died = once(server, 'close').then(() => {
    throw new Error('it ended');
  });
  died.catch(() => {});
  const identity = (await identify(server.pid!))!;
  await writeRecord(home, { ...identity, port, uiPort, database });

  async function close(): Promise<void> {
    await terminate(identity);
    guard.kill();
    await rm(home, { recursive: true, force: true });
  }
  const address = `127.0.0.1:${port}`;
  const wanted = { address, namespace: 'default', timeoutMs: 60_000 };
  try {
    // It answers a moment before it has made its namespace, and that is not a failure.
    await Promise.race([waitForTemporal({ ...wanted, ifNoNamespace: 'create' }), died]);
  } catch (error) {
    await close();
    throw new Error(`The Temporal server of docker-compose.yml did not start:\n${said}`, {
      cause: error,
    });
  }
  return { address, close };
}

/** @throws Error where a flag is missing: it would reach beyond this test */
function replaced(command: string[], values: Record<string, string>): string[] {
  const flags = [...command];
  for (const [name, value] of Object.entries(values)) {
    const place = flags.findIndex((flag) => flag.startsWith(`${name}=`));
    if (place === -1) throw new Error(`docker-compose.yml has no ${name} for Temporal.`);
    flags[place] = `${name}=${value}`;
  }
  return flags;
}
