/** Logs of an example, written by hand, and what its checks say of them. */
import type { Entry } from '../../contract/entry.ts';
import { log } from './log-lines.ts';

interface Checked {
  checks: Record<string, (entries: readonly Entry[], world: any) => readonly string[]>;
}

export type LogLine = Record<string, unknown>;

let replies = 0;
export const says = (text: string): LogLine[] => {
  const reply_id = `reply_${(replies += 1)}`;
  const start = { kind: 'reply.started', reply_id, because: 'message', reason: '', cause: [] };
  return [start, { kind: 'reply.completed', reply_id, text, usage: {} }];
};
export const user = (text: string): LogLine[] => [{ kind: 'message.user', message_id: text, text }];
export const calls = (call_id: string, tool: string, input: LogLine): LogLine[] => [
  { kind: 'call.requested', call_id, tool, input },
  { kind: 'call.started', call_id },
];
export const brings = (call_id: string, data: LogLine, more: LogLine = {}): LogLine[] => [
  { kind: 'call.event', call_id, n: 1, event: 'result', data, schedule: 'when_idle', ...more },
];
export const ends = (call_id: string, result: LogLine = {}): LogLine[] => [
  { kind: 'call.completed', call_id, result },
];
export const fails = (call_id: string): LogLine[] => [
  { kind: 'call.failed', call_id, error: { type: 'Silent', message: 'It is silent.' } },
];
export const cancels = (call_id: string): LogLine[] => [
  { kind: 'call.cancelled', call_id, by: 'agent' },
];

export const entriesOf = (...lines: LogLine[][]): Entry[] => log(...lines.flat());

/** Names of the checks that fail. */
export function caught(example: Checked, world: unknown, entries: Entry[]): string[] {
  return Object.entries(example.checks)
    .filter(([, check]) => check(entries, world).length > 0)
    .map(([name]) => name);
}
