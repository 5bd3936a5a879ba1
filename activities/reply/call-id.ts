import { randomInt } from 'node:crypto';

/** `call_` and ten of 0–9, a–z: 3.6 × 10^15 ids, in lower case because the id is part of a workflow id. */
export function newCallId(): string {
  return `call_${Array.from({ length: 10 }, () => randomInt(36).toString(36)).join('')}`;
}
