/** The identity of a process that holds calls, by which others on the same machine can tell whether it is still alive. */
import { readlink } from 'node:fs/promises';
import { bootId, identify, isAlive } from '../../tools/process-identity.ts';
import type { HolderIdentity } from '../../store/hold-store.ts';

export async function ownIdentity(): Promise<HolderIdentity> {
  const [place, self] = await Promise.all([ownPlace(), identify(process.pid)]);
  return { place, pid: process.pid, began: self?.began ?? '' };
}

/** False when this process cannot tell. */
export async function isDead({ place, pid, began }: HolderIdentity): Promise<boolean> {
  if (place === '' || place !== (await ownPlace())) return false;
  return !(await isAlive({ pid, began, boot: await bootId() }));
}

/** Containers share a boot but not their process numbers. Where a system provides neither namespace, the check is impossible. */
async function ownPlace(): Promise<string> {
  const [boot, namespace] = await Promise.all([
    bootId(),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return boot && namespace && `${boot} ${namespace}`;
}
