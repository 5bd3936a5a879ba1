/** What a host tells its programs, made up for a test: the time of day, and the addresses of names. Debian's faketime and libnss-wrapper do it. */
import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

/** A file that replaces the answers of the host for the processes that were started with `settings`. */
export interface FakedAnswers {
  /** Environment of such a process. `LD_PRELOAD` has one library: join several with a colon. */
  settings: { LD_PRELOAD: string } & Record<string, string>;
  /** Takes effect at once. */
  set(answers: string): Promise<void>;
}

/** Moves the wall clock. Monotonic clocks stay as they are. @param file for the offset in seconds, like `+3600` */
export const fakedClock = (file: string): FakedAnswers => ({
  settings: {
    LD_PRELOAD: library('faketimeMT'),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  },
  set: (offset) => replace(file, `${offset}\n`),
});

/** Resolves names that end with `.test` by this file alone, in every thread. @param file for lines like those of /etc/hosts */
export const fakedNames = (file: string): FakedAnswers => ({
  settings: { LD_PRELOAD: library('nss_wrapper'), NSS_WRAPPER_HOSTS: file },
  set: (hosts) => replace(file, hosts),
});

/** Atomically: a reader never sees half of it. */
async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

function library(name: 'nss_wrapper' | 'faketimeMT'): string {
  const [found] = globSync([
    `/usr/lib/*/lib${name}.so`,
    `/usr/lib/*/faketime/lib${name}.so.1`,
    `/usr/lib/faketime/lib${name}.so.1`,
  ]);
  if (found === undefined) {
    throw new Error(
      'These tests need faketime and nss_wrapper: install them (Debian, Ubuntu: apt-get install faketime libnss-wrapper).',
    );
  }
  return found;
}
