/** `meanwhile archive FILE`: prints a conversation that has left the log. */
import type { Settings } from '../config.ts';
import { keyringOf } from '../security/encryption/open.ts';
import { readArchive } from '../worker/archive.ts';
import { report } from './run-service.ts';

/** Exit code 1 when the file cannot be read; the lines before the damage may have been printed. */
export async function archive(settings: Settings, file: string): Promise<void> {
  try {
    await readArchive(file, keyringOf(settings), process.stdout);
  } catch (error) {
    const message = `${file} cannot be read: ${(error as Error).message}`;
    report(new Error(message, { cause: error }));
  }
}
