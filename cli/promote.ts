/** `meanwhile promote <build>`: makes a build the current one, so that conversations move to its workers with their next task. */
import { Client, Connection } from '@temporalio/client';
import type { Settings } from '../config.ts';
import { NotPromoted, promote as promoteBuild } from '../worker/deployment.ts';
import { report } from './run-service.ts';

/** Exit code 1 if the build was not promoted. */
export async function promote(settings: Settings, buildId: string): Promise<void> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = settings;
  const connection = Connection.lazy({ address, connectTimeout: CONNECT_MS });
  try {
    const before = await promoteBuild(new Client({ connection, namespace }), buildId);
    if (before === buildId) console.log(`${buildId} was the current build already.`);
    else console.log(`${buildId} is the current build now; before it was ${before ?? 'none'}.`);
  } catch (error) {
    const message = `Temporal at ${address} did not promote ${buildId}: ${(error as Error).message}`;
    report(error instanceof NotPromoted ? error : new Error(message, { cause: error }));
  } finally {
    await connection.close();
  }
}

const CONNECT_MS = 5_000;
