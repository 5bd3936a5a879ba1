/**
 * The folders of calls on this host. A call belongs to the host that first opened its folder: other hosts cannot see what runs there, so
 * they must not start it.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ConversationKey, DEFAULT_TENANT } from '../../contract/names.ts';
import { spoolLost } from './lost.ts';

export interface Spools {
  /**
   * The folder of a call, the same for every attempt; created when it is first requested.
   * @param signal ends the wait for an unavailable store
   * @throws HeldElsewhere; ProgramLost `SpoolLost` if the folder was here and has been removed; the signal's reason
   */
  open(conversation: ConversationKey, callId: string, signal?: AbortSignal): Promise<string>;
  /** Like `open`, but without a claim: only for a call that no other host can have. */
  reserve(conversation: Pick<ConversationKey, 'tenant'>, callId: string): string;
  /** Call when the attempt that opened it is over. */
  release(conversation: Pick<ConversationKey, 'tenant'>, callId: string): void;
  /** @param folder name within the root */
  isInUse(folder: string): boolean;
}

/** Name of a call's folder, unique for each tenant. Folders of the default tenant are named as before there were tenants. */
export const spoolName = ({ tenant }: Pick<ConversationKey, 'tenant'>, callId: string) =>
  tenant === DEFAULT_TENANT ? callId : `${tenant}~${callId}`;

/** The call of a folder. Undefined for a folder that is not one of a call. */
export function callOfSpool(name: string): { tenant: string; call_id: string } | undefined {
  const [, tenant = DEFAULT_TENANT, call_id] = /^(?:(.+)~)?(call_[0-9a-z]+)$/.exec(name) ?? [];
  return call_id === undefined ? undefined : { tenant, call_id };
}

/** Another host has the call. */
export class HeldElsewhere extends Error {
  override name = 'HeldElsewhere';
}

export interface SpoolsOptions {
  /** Contains a folder for each call. */
  root: string;
  /**
   * Claims a call for a host, permanently.
   * @returns the host that has it, and whether this claim was the first
   */
  claim(
    conversation: ConversationKey,
    callId: string,
    host: string,
    signal: AbortSignal,
  ): Promise<{ holder: string; isNew: boolean }>;
}

export function createSpools({ root, claim }: SpoolsOptions): Spools {
  const inUse = new Set<string>();
  let isRootMade = false;
  return {
    release: (conversation, callId) => void inUse.delete(spoolName(conversation, callId)),
    reserve(conversation, callId) {
      const name = spoolName(conversation, callId);
      inUse.add(name);
      const folder = join(root, name);
      if (!isRootMade) mkdirSync(root, { recursive: true, mode: 0o700 });
      isRootMade = true;
      try {
        mkdirSync(folder, { mode: 0o700 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      return folder;
    },
    isInUse: (folder) => inUse.has(folder),
    async open(conversation, callId, signal = new AbortController().signal) {
      const name = spoolName(conversation, callId);
      inUse.add(name);
      const host = await hostId(root);
      const folder = join(root, name);
      // The folder is created before the claim, so a folder that is missing although its call was claimed has been removed.
      const isMade = (await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined;
      const { holder, isNew } = await claim(conversation, callId, host, signal);
      const isHere = holder === host;
      if (isHere && (isNew || !isMade)) return folder;
      // Removes the folder only if it is empty, since another attempt on this host may already use it.
      if (isMade) await rmdir(folder).catch(() => {});
      throw isHere ? spoolLost() : new HeldElsewhere(`${callId} is held by another host.`);
    },
  };
}

/** The id of this host. It is stored beside the folders, so another disk counts as another host. */
async function hostId(root: string): Promise<string> {
  const path = join(root, 'id');
  await mkdir(root, { recursive: true, mode: 0o700 });
  const known = await readId(path);
  if (known !== undefined) return known;
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, randomUUID(), { flush: true });
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return (await readId(path))!;
}

async function readId(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
