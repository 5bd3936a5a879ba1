/** Adds this service to the configuration of a harness: shows the change, asks, and keeps a backup. */
import { copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { CLIENTS, type ClientName, type UserPlace } from './clients.ts';

export interface InstallOptions {
  client: ClientName;
  name: string;
  command: [string, ...string[]];
  print: boolean;
  yes: boolean;
  place: UserPlace;
  say(line: string): void;
  /** Undefined if no user is at the terminal. */
  ask?: (question: string) => Promise<string>;
  now?: Date;
}

/** @returns the exit code */
export async function install(options: InstallOptions): Promise<number> {
  const { client, name, command, print, yes, place, say, ask, now = new Date() } = options;
  const { title, file: fileOf, add } = CLIENTS[client];
  const file = fileOf(place);
  const before = await readFile(file, 'utf8').catch(() => '');
  let after: string;
  try {
    after = add(before, name, command);
  } catch (error) {
    say(`${file}: ${(error as Error).message} Add this by hand:\n\n${add('', name, command)}`);
    return 1;
  }
  if (before === after) {
    say(`${file} already has this entry.`);
    return 0;
  }
  say(`${title}: ${file}\n\n${difference(before, after)}\n`);
  if (print) return 0;
  if (!yes) {
    if (!ask) {
      say('There is no terminal to ask on. --yes writes the entry, --print only shows it.');
      return 1;
    }
    const answer = await ask('Write this? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) {
      say('Nothing was changed.');
      return 1;
    }
  }
  await mkdir(dirname(file), { recursive: true });
  const mode = before === '' ? 0o600 : (await stat(file)).mode;
  if (before !== '') {
    const backup = `${file}.${now.toISOString().replaceAll(/[:.]/g, '-')}.bak`;
    await copyFile(file, backup);
    say(`Backup: ${backup}`);
  }
  const draft = `${file}.meanwhile-new`;
  await writeFile(draft, after, { mode });
  await rename(draft, file);
  say(`Written. Restart ${title} to use "${name}".`);
  return 0;
}

export async function askPerson(question: string): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await asking.question(question);
  } finally {
    asking.close();
  }
}

/** The removed and added lines after one line of context. Equal lines at both ends are left out. */
function difference(before: string, after: string): string {
  const [old, now] = [before, after].map((text) => text.split('\n')) as [string[], string[]];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  const room = Math.min(old.length, now.length) - head;
  while (tail < room && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  const context = head > 0 ? [`  ${now[head - 1]}`] : [];
  const gone = old.slice(head, old.length - tail).filter((line) => line.trim() !== '');
  return [
    ...context,
    ...gone.map((line) => `- ${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+ ${line}`),
  ].join('\n');
}
