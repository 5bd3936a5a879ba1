/** `codex queue`: a message in the durable queue of a Codex thread, which starts a turn when nobody is speaking, or when Codex is opened next. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PushAdapter } from './target.ts';

/** @param program of Codex */
export function createCodexQueue(program = 'codex'): PushAdapter {
  return async ({ thread, text, schedule }, signal) => {
    // Every message starts a turn.
    if (schedule === 'silent') return false;
    const args = ['queue', `--thread=${thread}`, `--message=${text}`];
    await promisify(execFile)(program, args, { signal });
    return true;
  };
}
