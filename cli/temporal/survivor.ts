/** The server that a service left behind when it was killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { terminate } from '../processes.ts';
import { isAlive, type ProcessIdentity } from '../../tools/process-identity.ts';
import { HOST, type Server } from './launch.ts';
import { waitForTemporal } from './ready.ts';
import { readRecord, removeRecord } from './record.ts';

const ANSWERS_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 500;

/** The server of `home` that still runs, if it answers. One that does not answer is stopped, since it holds the database. */
export async function takeOver(
  home: string,
  namespace: string,
  log: (line: string) => void,
): Promise<Server | undefined> {
  const record = await readRecord(home);
  if (!record || !(await isAlive(record))) return undefined;
  const { pid, began, boot, port, uiPort } = record;
  const identity = { pid, began, boot };
  const answers = await waitForTemporal({
    address: `${HOST}:${port}`,
    namespace,
    timeoutMs: ANSWERS_WITHIN_MS,
    ifNoNamespace: 'create',
  }).then(
    () => true,
    () => false,
  );
  if (!answers) {
    log(`The Temporal server of the last run (pid ${pid}) does not answer: stopping it.`);
    await terminate(record, 2_000);
    await removeRecord(home);
    return undefined;
  }
  log(`Taking over the Temporal server of the last run (pid ${pid}).`);
  return { identity, port, uiPort, exited: exitOf(identity) };
}

/** It is not our child process, so its end is not reported to us. */
async function exitOf(identity: ProcessIdentity): Promise<string> {
  while (await isAlive(identity)) await sleep(LOOK_EVERY_MS, undefined, { ref: false });
  return 'it is gone';
}
