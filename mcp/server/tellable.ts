import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationKey } from '../../contract/names.ts';
import type { Hub } from '../../stream/hub.ts';
import type { Answering } from './answering.ts';
import { type Look, lookIfThere, looks, type Reads } from './look.ts';

/** Looks for a client that waits for results. They leave out what is about to be the answer to one of the client's calls. */
export async function* tellableLooks(
  parts: { store: Reads; hub: Pick<Hub, 'join'>; answering: Answering },
  key: ConversationKey,
  { after, signal }: { after: number; signal: AbortSignal },
): AsyncGenerator<Look, void, void> {
  const stopped = new AbortController();
  const stopping = AbortSignal.any([signal, stopped.signal]);
  const changes = looks(parts, key, stopping);
  let coming = changes.next();
  try {
    let freed: Promise<void> | undefined;
    for (;;) {
      const change = await Promise.race(freed ? [coming, freed] : [coming]);
      if (stopping.aborted || change?.done) return;
      if (change) coming = changes.next();
      const next = change?.value;
      if (next && !('look' in next)) continue;
      const seen = next?.look ?? (await lookIfThere(parts.store, key));
      if (!seen) {
        freed = sleep(AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
        continue;
      }
      const tellable = parts.answering.tellable(key, seen, after);
      freed = tellable.held && parts.answering.answered(key, tellable.held, stopping);
      yield tellable;
    }
  } finally {
    stopped.abort();
    // Its error is of no interest after the end.
    coming.catch(() => {});
    void changes.return();
  }
}

/** Pause between attempts while the store is unavailable. */
const AGAIN_MS = 500;
