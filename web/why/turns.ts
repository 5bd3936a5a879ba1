/** The turns of the open conversation, kept up to date while its timeline is open. */
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Turn } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { askForKeyIfNeeded } from '../service.ts';

export interface LiveTurns {
  all: ReadonlySignal<readonly Turn[] | undefined>;
  failed: ReadonlySignal<string | undefined>;
  stop(): void;
}

/** The last turns, which may still change: news that waited in them is told later. */
const MAY_CHANGE = 20;
const PAUSE_MS = 600;

export function followTurns({ conversation, state }: OpenedConversation): LiveTurns {
  const all = signal<readonly Turn[] | undefined>(undefined);
  const failed = signal<string | undefined>(undefined);
  const ending = new AbortController();
  let isLoading = false;
  /** Seq of the log up to which the turns are known. */
  let known = -1;

  async function load(): Promise<void> {
    if (isLoading) return;
    isLoading = true;
    const { seq } = state.peek();
    // Entries were taken back.
    const before = seq < known ? [] : (all.peek() ?? []);
    const kept = before.slice(0, Math.max(0, before.length - MAY_CHANGE));
    try {
      const turns = [...kept];
      const { signal } = ending;
      for await (const turn of conversation.turns({ after: kept.length }, { signal })) {
        turns.push(turn);
      }
      all.value = turns;
      failed.value = undefined;
      known = seq;
    } catch (error) {
      if (ending.signal.aborted || askForKeyIfNeeded(error)) return;
      failed.value = (error as Error).message;
      known = -1;
    } finally {
      isLoading = false;
    }
    if (state.peek().seq !== known) soon();
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  function soon(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      void load();
    }, PAUSE_MS);
  }
  const stop = effect(() => {
    if (state.value.seq !== known) soon();
  });
  void load();
  return {
    all,
    failed,
    stop() {
      stop();
      ending.abort();
      clearTimeout(timer);
    },
  };
}
