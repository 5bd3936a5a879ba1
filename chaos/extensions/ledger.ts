/** Effects of tools that run inside a worker: each has a key, and happens once however often it is asked for. */
import { appendFile, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns false: it had happened before */
export async function happenOnce(
  home: string,
  { call_id, tool, effect }: { call_id: string; tool: string; effect: string },
): Promise<boolean> {
  const folder = join(home, 'effects', call_id);
  await mkdir(folder, { recursive: true });
  try {
    // The other side knows the key, as a payment service does: whoever comes second is refused.
    await (await open(join(folder, effect.replaceAll(' ', '-')), 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  const line = { call_id, tool, effect, pid: process.pid, at: Date.now() };
  await appendFile(join(home, 'ledger.jsonl'), `${JSON.stringify(line)}\n`, { flush: true });
  return true;
}
