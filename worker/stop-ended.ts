/**
 * Stops programs on this host whose calls are over. A call has its program stopped before it ends, but waits for that for at most two
 * minutes. If no worker of this host can do it in that time, because the host or the store is unreachable, the program runs on.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { callWorkflowId } from '../contract/names.ts';
import { stopAllKept } from '../tools/keeper/attempts.ts';
import { callOfSpool } from '../tools/keeper/spools.ts';
import { isLive } from '../tools/keeper/sweep.ts';

export interface StopEndedOptions {
  /** Contains a folder for each call. */
  root: string;
  /** Whether a worker in this process is running the call of this folder. */
  isInUse(folder: string): boolean;
  /** Whether the call's workflow has ended. False if Temporal knows no such workflow: it may be another server's. */
  hasEnded(tenant: string, callId: string): Promise<boolean>;
  warn(message: string, facts: object): void;
}

/** The interval between looks. A program is stopped if its call is over at two looks in a row: a keeper needs a moment to end. */
export const LOOK_MS = 30_000;

/** A folder that has been unchanged for this long, and has no process, gets none any more: a keeper starts within seconds. */
const SETTLED_MS = 120_000;

/** Looks now and every half minute. The timer keeps no process alive; clear it to stop. */
export function stopEndedRegularly(options: StopEndedOptions): NodeJS.Timeout {
  const look = createLook(options);
  const again = () =>
    void look(Date.now()).catch((error) =>
      options.warn('The search for programs whose calls are over failed. Retrying.', { error }),
    );
  again();
  return setInterval(again, LOOK_MS).unref();
}

/** @returns a function that looks once; `now`: milliseconds since 1970 */
export function createLook({ root, isInUse, hasEnded, warn }: StopEndedOptions) {
  /** Folders of calls that were over at the last look. */
  let over = new Set<string>();
  /** When folders without a process last changed. */
  const idle = new Map<string, number>();

  async function isRunning(name: string, now: number): Promise<boolean> {
    const folder = join(root, name);
    const { mtimeMs } = await stat(folder);
    if (idle.get(name) === mtimeMs) return false;
    if (await isLive(folder)) return true;
    if (mtimeMs < now - SETTLED_MS) idle.set(name, mtimeMs);
    return false;
  }

  async function stopIfOver(name: string, now: number): Promise<'over' | undefined> {
    const call = callOfSpool(name);
    if (!call || isInUse(name) || !(await isRunning(name, now))) return undefined;
    if (!(await hasEnded(call.tenant, call.call_id))) return undefined;
    if (!over.has(name)) return 'over';
    warn('Stopping a program whose call is over.', call);
    await stopAllKept(join(root, name));
    return undefined;
  }

  return async (now: number): Promise<void> => {
    const names = await readdir(root).catch(() => []);
    const found = new Set<string>();
    for (const name of names) {
      // The folder may have been removed meanwhile, or Temporal may be unavailable. The next look tries again.
      const state = await stopIfOver(name, now).catch(() => undefined);
      if (state === 'over') found.add(name);
    }
    over = found;
    const kept = new Set(names);
    for (const name of idle.keys()) if (!kept.has(name)) idle.delete(name);
  };
}

/** @returns `hasEnded` */
export const hasEndedIn =
  (client: Pick<Client, 'workflow'>): StopEndedOptions['hasEnded'] =>
  async (tenant, callId) => {
    try {
      const handle = client.workflow.getHandle(callWorkflowId(tenant, callId));
      return (await handle.describe()).status.name !== 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
