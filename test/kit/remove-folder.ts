import { rm } from 'node:fs/promises';

/** Removes a test's folder. A process that has just been ended may still write into it. */
export const removeFolder = (folder: string) =>
  rm(folder, { recursive: true, force: true, maxRetries: 20 });
