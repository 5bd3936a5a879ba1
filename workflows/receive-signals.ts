/** Receives a conversation's signals. One that does not fit its schema is dropped and logged; it never fails a task. */
import { defineSignal, patched, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { SIGNALS } from '../contract/names.ts';
import { validate, signalShapes } from '../contract/untrusted.ts';
import type { Untimed } from '../conversation/event.ts';

/** Patch: conversations that accepted such a signal before this check continue as they did. */
export const CHECKED = 'signals are checked';

/** Turns each signal into the event of the same name. */
export function receiveSignals(enqueue: (event: Untimed) => void): void {
  for (const name of Object.values(SIGNALS)) {
    setHandler(defineSignal<[unknown]>(name), (signal) => {
      const { value, why } = validate<object>(signalShapes[name], signal);
      if (why === undefined) enqueue({ ...value, type: name } as Untimed);
      else if (patched(CHECKED)) enqueue({ type: 'signal_dropped', signal: name, why });
      else enqueue({ type: name, ...(signal as object) } as Untimed);
    });
  }
  setDefaultSignalHandler((name) => {
    if (!patched(CHECKED)) return;
    const why = 'There is no such signal.';
    enqueue({ type: 'signal_dropped', signal: name.slice(0, 100), why });
  });
}
