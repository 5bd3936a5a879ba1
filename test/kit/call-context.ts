/** What a tool is given when a test calls it without a worker. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallContext } from '../../tools/define.ts';

/** With a folder of its own, which is made when the tool first asks for it. */
export function callContext(more: Partial<CallContext> = {}): CallContext {
  let folder: Promise<string> | undefined;
  return {
    id: 'call_1',
    idempotency_key: 'meanwhile/default/call_1',
    signal: new AbortController().signal,
    checkpoint: undefined,
    folder: () => (folder ??= mkdtemp(join(tmpdir(), 'call-'))),
    storedResult: async () => undefined,
    handsOver: false,
    maxOutputBytes: 1_000_000,
    progress: (percent, note, options) => ({ type: 'progress', percent, note, ...options }),
    result: (data, options) => ({ type: 'result', data, ...options }),
    ...more,
  };
}
