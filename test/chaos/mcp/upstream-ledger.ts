/** The ledger of an MCP server of a chaos run: what its tools really did, and what they told. */
import { appendFileSync, readFileSync } from 'node:fs';
import type { UpstreamLine } from '../evidence.ts';

export type UpstreamNote = Omit<UpstreamLine, 'server' | 'pid' | 'at'>;

/** On the disk before this returns. */
export function noteIn(file: string, server: string, line: UpstreamNote): void {
  const whole: UpstreamLine = { server, ...line, pid: process.pid, at: Date.now() };
  appendFileSync(file, `${JSON.stringify(whole)}\n`, { flush: true });
}

export function linesIn(file: string): UpstreamLine[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as UpstreamLine);
}
