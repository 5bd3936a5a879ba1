/**
 * Loaded into a process before its program (`--import`): names that end with `.test` are looked up in the file TEST_HOSTS, one
 * `name address` a line. A name that is not there cannot be resolved at the moment, as without a name server.
 */
import dns from 'node:dns';
import { readFileSync } from 'node:fs';

const file = process.env.TEST_HOSTS!;
const original = dns.lookup as (...given: any[]) => void;

dns.lookup = ((name: string, ...rest: any[]) => {
  if (!name.endsWith('.test')) return original(name, ...rest);
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name} `));
  if (line) return original(line.split(' ')[1]!, ...rest);
  const answer = rest.at(-1) as (error: Error) => void;
  const error = Object.assign(new Error(`getaddrinfo EAI_AGAIN ${name}`), {
    code: 'EAI_AGAIN',
    syscall: 'getaddrinfo',
    hostname: name,
  });
  process.nextTick(answer, error);
}) as typeof dns.lookup;
